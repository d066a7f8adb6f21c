// kafka-go as a driver: see ../../DRIVERS.md.
package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"lines"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

const wait = 60 * time.Second

type driver struct {
	bootstrap []string
	transport *kafka.Transport
	dialer    *kafka.Dialer
	client    *kafka.Client
	producers map[string]*producer
}

func newDriver(bootstrap string) *driver {
	transport := &kafka.Transport{MetadataTTL: time.Second}
	dialer := &kafka.Dialer{Timeout: 10 * time.Second, DualStack: true}
	security := lines.ReadSecurity()
	if security.TLS != nil {
		transport.TLS = lines.TLSConfig(security.TLS.CA)
		dialer.TLS = transport.TLS
	}
	if s := security.SASL; s != nil {
		var mechanism sasl.Mechanism = plain.Mechanism{Username: s.Username, Password: s.Password}
		switch s.Mechanism {
		case "SCRAM-SHA-256":
			mechanism = lines.Got(scram.Mechanism(scram.SHA256, s.Username, s.Password))
		case "SCRAM-SHA-512":
			mechanism = lines.Got(scram.Mechanism(scram.SHA512, s.Username, s.Password))
		}
		transport.SASL, dialer.SASLMechanism = mechanism, mechanism
	}
	brokers := strings.Split(bootstrap, ",")
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 20 * time.Second, Transport: transport}
	return &driver{brokers, transport, dialer, client, map[string]*producer{}}
}

func (d *driver) Metadata() any {
	found := lines.Got(d.client.Metadata(lines.Within(wait), &kafka.MetadataRequest{}))
	cluster := lines.NewCluster()
	for _, b := range found.Brokers {
		cluster.Broker(b.ID, b.Host, b.Port)
	}
	for _, topic := range found.Topics {
		cluster.Topics[topic.Name] = len(topic.Partitions)
	}
	return cluster
}

func (d *driver) Administer(r *lines.Request) any {
	ctx := lines.Within(wait)
	switch r.Do {
	case "create_topic":
		topic := kafka.TopicConfig{
			Topic: r.Topic, NumPartitions: int(r.Partitions), ReplicationFactor: int(r.Replication),
		}
		for name, value := range r.Configs {
			topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
		}
		asked := &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}}
		lines.Must(lines.Got(d.client.CreateTopics(ctx, asked)).Errors[r.Topic])
	case "add_partitions":
		topic := kafka.TopicPartitionsConfig{Name: r.Topic, Count: int32(r.Count)}
		asked := &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{topic}}
		lines.Must(lines.Got(d.client.CreatePartitions(ctx, asked)).Errors[r.Topic])
	case "topic_config":
		resource := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: r.Topic}
		asked := &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{resource}}
		configs := lines.Fields{}
		for _, found := range lines.Got(d.client.DescribeConfigs(ctx, asked)).Resources {
			lines.Must(found.Error)
			for _, entry := range found.ConfigEntries {
				configs[entry.ConfigName] = entry.ConfigValue
			}
		}
		return lines.Fields{"configs": configs}
	case "alter_topic_config":
		resource := kafka.IncrementalAlterConfigsRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: r.Topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{
				Name: r.Name, Value: r.Value, ConfigOperation: kafka.ConfigOperationSet,
			}},
		}
		asked := &kafka.IncrementalAlterConfigsRequest{
			Resources: []kafka.IncrementalAlterConfigsRequestResource{resource},
		}
		for _, found := range lines.Got(d.client.IncrementalAlterConfigs(ctx, asked)).Resources {
			lines.Must(found.Error)
		}
	case "delete_topic":
		asked := &kafka.DeleteTopicsRequest{Topics: []string{r.Topic}}
		lines.Must(lines.Got(d.client.DeleteTopics(ctx, asked)).Errors[r.Topic])
	case "list_groups":
		groups := []string{}
		for _, each := range lines.Got(d.client.ListGroups(ctx, &kafka.ListGroupsRequest{})).Groups {
			groups = append(groups, each.GroupID)
		}
		return lines.Fields{"groups": groups}
	case "delete_group":
		asked := &kafka.DeleteGroupsRequest{GroupIDs: []string{r.Group}}
		lines.Must(lines.Got(d.client.DeleteGroups(ctx, asked)).Errors[r.Group])
	default:
		return nil
	}
	return lines.Fields{}
}

type producer struct{ writer *kafka.Writer }

// What a message is to the driver: which record it is, the partition that it names, and who waits for its place.
type sending struct {
	index     int
	partition *int32
	sent      chan kafka.Message
}

var codecs = map[string]compress.Compression{
	"gzip": compress.Gzip, "snappy": compress.Snappy, "lz4": compress.Lz4, "zstd": compress.Zstd,
}

func (d *driver) newProducer(s lines.Settings) *producer {
	p := &producer{}
	byKey := &kafka.Hash{}
	p.writer = &kafka.Writer{
		Addr: kafka.TCP(d.bootstrap...), Transport: d.transport, RequiredAcks: kafka.RequireAll,
		AllowAutoTopicCreation: true, Compression: codecs[s.Compression],
		Balancer: kafka.BalancerFunc(func(m kafka.Message, partitions ...int) int {
			if named := m.WriterData.(sending).partition; named != nil {
				return int(*named)
			}
			return byKey.Balance(m, partitions...)
		}),
		Completion: func(messages []kafka.Message, _ error) {
			for _, m := range messages {
				m.WriterData.(sending).sent <- m
			}
		},
	}
	switch s.Acks {
	case "0":
		p.writer.RequiredAcks = kafka.RequireNone
	case "1":
		p.writer.RequiredAcks = kafka.RequireOne
	}
	if s.LingerMs != nil {
		p.writer.BatchTimeout = lines.Milliseconds(*s.LingerMs)
	}
	if s.BatchBytes > 0 {
		p.writer.BatchBytes, p.writer.BatchSize = int64(s.BatchBytes), 100_000
	}
	return p
}

func (d *driver) Produce(r *lines.Request) any {
	return lines.Fields{"positions": lines.Cached(d.producers, r, d.newProducer).send(r)}
}

func (d *driver) Transaction(*lines.Request) any { return nil }

func (p *producer) send(r *lines.Request) [][2]any {
	messages, sent := []kafka.Message{}, make(chan kafka.Message, len(r.Records))
	for i, each := range r.Records {
		message := kafka.Message{
			Topic: r.Topic, Key: lines.Bytes(each.Key), Value: lines.Bytes(each.Value),
			WriterData: sending{i, each.Partition, sent},
		}
		if each.Timestamp != nil {
			message.Time = time.UnixMilli(*each.Timestamp)
		}
		for _, h := range each.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: h[0].(string), Value: h.Bytes()})
		}
		messages = append(messages, message)
	}
	lines.Must(p.writer.WriteMessages(lines.Within(wait), messages...))
	positions := make([][2]any, len(messages))
	for range messages {
		m := <-sent
		positions[m.WriterData.(sending).index] = [2]any{m.Partition, m.Offset}
	}
	return positions
}

func told(m kafka.Message) *lines.Record {
	at, partition := m.Time.UnixMilli(), int32(m.Partition)
	headers := []lines.Header{}
	for _, h := range m.Headers {
		headers = append(headers, lines.NewHeader(h.Key, h.Value))
	}
	return &lines.Record{
		Topic: m.Topic, Partition: &partition, Offset: m.Offset, Timestamp: &at,
		Key: lines.Optional(m.Key), Value: lines.Optional(m.Value), Headers: headers,
	}
}

func (d *driver) reader(topic string, partition int, isolation kafka.IsolationLevel) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{
		Brokers: d.bootstrap, Dialer: d.dialer, Topic: topic, Partition: partition, IsolationLevel: isolation,
		MaxBytes: 10_000_000, MaxWait: 500 * time.Millisecond,
	})
}

func (d *driver) Consume(r *lines.Request) any {
	isolation := kafka.ReadUncommitted
	if r.Isolation == "read_committed" {
		isolation = kafka.ReadCommitted
	}
	reader := d.reader(r.Topic, int(r.Partition), isolation)
	defer reader.Close()
	offset := kafka.LastOffset
	switch start := r.Start.(type) {
	case float64:
		offset = int64(start)
	case string:
		if start == "beginning" {
			offset = kafka.FirstOffset
		}
	}
	lines.Must(reader.SetOffset(offset))
	ctx, cancel := context.WithTimeout(context.Background(), r.Within())
	defer cancel()
	rows := []lines.Record{}
	for len(rows) < r.Count {
		message, err := reader.ReadMessage(ctx)
		if ctx.Err() != nil {
			break
		}
		lines.Must(err)
		rows = append(rows, *told(message))
	}
	return lines.Fields{"records": rows}
}

func (d *driver) Offsets(r *lines.Request) any {
	answer := lines.Fields{"at_timestamp": nil}
	at := time.UnixMilli(r.Timestamp)
	asked := []kafka.OffsetRequest{
		kafka.FirstOffsetOf(int(r.Partition)), kafka.LastOffsetOf(int(r.Partition)), kafka.TimeOffsetOf(int(r.Partition), at),
	}
	request := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{r.Topic: asked}}
	for _, found := range lines.Got(d.client.ListOffsets(lines.Within(wait), request)).Topics[r.Topic] {
		lines.Must(found.Error)
		answer["beginning"], answer["end"] = found.FirstOffset, found.LastOffset
		for offset := range found.Offsets {
			if offset >= 0 {
				answer["at_timestamp"] = offset
			}
		}
	}
	return answer
}

type place struct {
	topic     string
	partition int
}

type given struct {
	message kafka.Message
	reader  *kafka.Reader
}

// A member of a group: a reader for each partition hands over messages when somebody polls.
type consumer struct {
	driver     *driver
	group      *kafka.ConsumerGroup
	given      chan given
	stop       context.CancelFunc
	lock       sync.Mutex
	generation *kafka.Generation
	readers    map[place]*kafka.Reader
	positions  map[string]map[int]int64
	sought     map[*kafka.Reader]int64 // what is on its way before that offset is left out
}

var balancers = map[string]kafka.GroupBalancer{
	"range": kafka.RangeGroupBalancer{}, "roundrobin": kafka.RoundRobinGroupBalancer{},
	"rack-affinity": kafka.RackAffinityGroupBalancer{},
}

func (d *driver) Open(r *lines.Request) lines.Consumer {
	s := r.Parsed()
	config := kafka.ConsumerGroupConfig{
		ID: r.Group, Brokers: d.bootstrap, Dialer: d.dialer, Topics: r.Topics, StartOffset: kafka.FirstOffset,
		WatchPartitionChanges: true,
	}
	if s.Assignor != "" {
		config.GroupBalancers = []kafka.GroupBalancer{balancers[s.Assignor]}
	}
	if s.SessionTimeoutMs > 0 {
		config.SessionTimeout = lines.Milliseconds(s.SessionTimeoutMs)
	}
	if s.HeartbeatInterval > 0 {
		config.HeartbeatInterval = lines.Milliseconds(s.HeartbeatInterval)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &consumer{driver: d, group: lines.Got(kafka.NewConsumerGroup(config)), given: make(chan given), stop: cancel}
	go c.run(ctx)
	return c
}

func (c *consumer) run(ctx context.Context) {
	for ctx.Err() == nil {
		generation, err := c.group.Next(ctx)
		if err != nil {
			continue
		}
		c.lock.Lock()
		c.generation, c.readers, c.positions = generation, map[place]*kafka.Reader{}, map[string]map[int]int64{}
		c.sought = map[*kafka.Reader]int64{}
		for topic, partitions := range generation.Assignments {
			c.positions[topic] = map[int]int64{}
			for _, each := range partitions {
				reader := c.driver.reader(topic, each.ID, kafka.ReadUncommitted)
				if err := reader.SetOffset(each.Offset); err != nil {
					panic(err)
				}
				c.readers[place{topic, each.ID}] = reader
				generation.Start(func(ctx context.Context) { c.read(ctx, generation, reader) })
			}
		}
		c.lock.Unlock()
	}
}

func (c *consumer) read(ctx context.Context, generation *kafka.Generation, reader *kafka.Reader) {
	defer reader.Close()
	for {
		message, err := reader.ReadMessage(ctx)
		if ctx.Err() == nil && err != nil {
			continue
		}
		select {
		case c.given <- given{message, reader}:
		case <-ctx.Done():
			c.lock.Lock()
			if c.generation == generation {
				c.generation, c.readers, c.positions = nil, nil, nil
			}
			c.lock.Unlock()
			return
		}
	}
}

func (c *consumer) Poll(r *lines.Request) any {
	rows := lines.Collect(r, c.given, c.take)
	c.lock.Lock()
	defer c.lock.Unlock()
	assignment := [][2]any{}
	for each := range c.readers {
		assignment = append(assignment, [2]any{each.topic, each.partition})
	}
	return lines.Fields{"records": rows, "assignment": assignment}
}

// Nil where the partition is another member's by now, or has been sought in.
func (c *consumer) take(each given) *lines.Record {
	c.lock.Lock()
	defer c.lock.Unlock()
	m := each.message
	sought, seeks := c.sought[each.reader]
	if c.readers[place{m.Topic, m.Partition}] != each.reader || (seeks && m.Offset != sought) {
		return nil
	}
	delete(c.sought, each.reader)
	c.positions[m.Topic][m.Partition] = m.Offset + 1
	return told(m)
}

func (c *consumer) Commit() {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.generation != nil {
		lines.Must(c.generation.CommitOffsets(c.positions))
	}
}

func (c *consumer) Seek(r *lines.Request) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	reader := c.readers[place{r.Topic, int(r.Partition)}]
	c.sought[reader] = r.Offset
	lines.Must(reader.SetOffset(r.Offset))
	return true
}

func (c *consumer) Close() {
	c.stop()
	lines.Must(c.group.Close())
}

func (d *driver) Stop() {
	for _, p := range d.producers {
		lines.Must(p.writer.Close())
	}
}

func main() {
	lines.Serve(newDriver(os.Args[len(os.Args)-1]))
}
