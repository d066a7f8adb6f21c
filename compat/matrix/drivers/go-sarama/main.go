// sarama as a driver: see ../../DRIVERS.md.
package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"lines"

	"github.com/IBM/sarama"
)

type driver struct {
	bootstrap []string
	admin     sarama.ClusterAdmin
	client    sarama.Client
	producers map[string]sarama.AsyncProducer
}

func newConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = newPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Return.Errors = false
	security := lines.ReadSecurity()
	if security.TLS != nil {
		config.Net.TLS.Enable = true
		config.Net.TLS.Config = lines.TLSConfig(security.TLS.CA)
	}
	if s := security.SASL; s != nil {
		config.Net.SASL.Enable = true
		config.Net.SASL.User, config.Net.SASL.Password = s.Username, s.Password
		config.Net.SASL.Mechanism = sarama.SASLMechanism(s.Mechanism)
	}
	return config
}

// Who names a partition gets it, everything else goes by its key.
type partitioner struct{ byKey sarama.Partitioner }

func newPartitioner(topic string) sarama.Partitioner {
	return partitioner{sarama.NewHashPartitioner(topic)}
}

func (p partitioner) RequiresConsistency() bool { return true }

func (p partitioner) Partition(m *sarama.ProducerMessage, partitions int32) (int32, error) {
	if named := m.Metadata.(sending).partition; named != nil {
		return *named, nil
	}
	return p.byKey.Partition(m, partitions)
}

type sending struct {
	index     int
	partition *int32
}

func (d *driver) adm() sarama.ClusterAdmin {
	if d.admin == nil {
		d.admin = lines.Got(sarama.NewClusterAdmin(d.bootstrap, newConfig()))
	}
	return d.admin
}

func (d *driver) Metadata() any {
	found, _, err := d.adm().DescribeCluster()
	lines.Must(err)
	cluster := lines.NewCluster()
	for _, b := range found {
		host, port, err := net.SplitHostPort(b.Addr())
		lines.Must(err)
		cluster.Broker(int(b.ID()), host, lines.Got(strconv.Atoi(port)))
	}
	for name, topic := range lines.Got(d.adm().ListTopics()) {
		cluster.Topics[name] = int(topic.NumPartitions)
	}
	return cluster
}

func (d *driver) Administer(r *lines.Request) any {
	switch r.Do {
	case "create_topic":
		configs := map[string]*string{}
		for name, value := range r.Configs {
			configs[name] = &value
		}
		detail := &sarama.TopicDetail{
			NumPartitions: r.Partitions, ReplicationFactor: r.Replication, ConfigEntries: configs,
		}
		lines.Must(d.adm().CreateTopic(r.Topic, detail, false))
	case "add_partitions":
		lines.Must(d.adm().CreatePartitions(r.Topic, int32(r.Count), nil, false))
	case "topic_config":
		resource := sarama.ConfigResource{Type: sarama.TopicResource, Name: r.Topic}
		configs := lines.Fields{}
		for _, entry := range lines.Got(d.adm().DescribeConfig(resource)) {
			configs[entry.Name] = entry.Value
		}
		return lines.Fields{"configs": configs}
	case "alter_topic_config":
		entry := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &r.Value}
		entries := map[string]sarama.IncrementalAlterConfigsEntry{r.Name: entry}
		lines.Must(d.adm().IncrementalAlterConfig(sarama.TopicResource, r.Topic, entries, false))
	case "delete_topic":
		lines.Must(d.adm().DeleteTopic(r.Topic))
	case "list_groups":
		groups := []string{}
		for name := range lines.Got(d.adm().ListConsumerGroups()) {
			groups = append(groups, name)
		}
		return lines.Fields{"groups": groups}
	case "delete_group":
		lines.Must(d.adm().DeleteConsumerGroup(r.Group))
	default:
		return nil
	}
	return lines.Fields{}
}

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func producerConfig(s lines.Settings) *sarama.Config {
	config := newConfig()
	switch s.Acks {
	case "0":
		config.Producer.RequiredAcks = sarama.NoResponse
	case "1":
		config.Producer.RequiredAcks = sarama.WaitForLocal
	case "all":
		config.Producer.RequiredAcks = sarama.WaitForAll
	}
	if s.Idempotence {
		config.Producer.Idempotent = true
		config.Producer.RequiredAcks = sarama.WaitForAll
		config.Net.MaxOpenRequests = 1
	}
	config.Producer.Compression = codecs[s.Compression]
	if s.LingerMs != nil {
		config.Producer.Flush.Frequency = lines.Milliseconds(*s.LingerMs)
	}
	// Flush.Bytes is the least that leaves, not the most: there is nothing for BatchBytes.
	if s.MaxRequestBytes > 0 {
		config.Producer.MaxMessageBytes = int(s.MaxRequestBytes)
	}
	return config
}

func (d *driver) Produce(r *lines.Request) any {
	producer := lines.Cached(d.producers, r, func(s lines.Settings) sarama.AsyncProducer {
		return lines.Got(sarama.NewAsyncProducer(d.bootstrap, producerConfig(s)))
	})
	return lines.Fields{"positions": send(producer, r)}
}

func send(producer sarama.AsyncProducer, r *lines.Request) [][2]any {
	go func() {
		for i, each := range r.Records {
			message := &sarama.ProducerMessage{Topic: r.Topic, Metadata: sending{i, each.Partition}}
			if each.Key != nil {
				message.Key = sarama.ByteEncoder(*each.Key)
			}
			if each.Value != nil {
				message.Value = sarama.ByteEncoder(*each.Value)
			}
			if each.Timestamp != nil {
				message.Timestamp = time.UnixMilli(*each.Timestamp)
			}
			for _, h := range each.Headers {
				header := sarama.RecordHeader{Key: []byte(h[0].(string)), Value: h.Bytes()}
				message.Headers = append(message.Headers, header)
			}
			producer.Input() <- message
		}
	}()
	positions := make([][2]any, len(r.Records))
	var failure error
	for range r.Records {
		select {
		case sent := <-producer.Successes():
			positions[sent.Metadata.(sending).index] = [2]any{sent.Partition, sent.Offset}
		case failed := <-producer.Errors():
			failure = failed.Err
		}
	}
	lines.Must(failure)
	return positions
}

func (d *driver) Transaction(r *lines.Request) any {
	s := r.Parsed()
	s.Idempotence = true
	config := producerConfig(s)
	config.Producer.Transaction.ID = r.TransactionalID
	producer := lines.Got(sarama.NewAsyncProducer(d.bootstrap, config))
	defer producer.Close()
	lines.Must(producer.BeginTxn())
	positions := send(producer, r)
	if r.Commit {
		lines.Must(producer.CommitTxn())
	} else {
		lines.Must(producer.AbortTxn())
	}
	return lines.Fields{"positions": positions}
}

func told(m *sarama.ConsumerMessage) *lines.Record {
	at := m.Timestamp.UnixMilli()
	headers := []lines.Header{}
	for _, h := range m.Headers {
		headers = append(headers, lines.NewHeader(string(h.Key), h.Value))
	}
	return &lines.Record{
		Topic: m.Topic, Partition: &m.Partition, Offset: m.Offset, Timestamp: &at,
		Key: lines.Optional(m.Key), Value: lines.Optional(m.Value), Headers: headers,
	}
}

func (d *driver) Consume(r *lines.Request) any {
	config := newConfig()
	if r.Isolation == "read_committed" {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	reader := lines.Got(sarama.NewConsumer(d.bootstrap, config))
	defer reader.Close()
	offset := sarama.OffsetNewest
	switch start := r.Start.(type) {
	case float64:
		offset = int64(start)
	case string:
		if start == "beginning" {
			offset = sarama.OffsetOldest
		}
	}
	from := lines.Got(reader.ConsumePartition(r.Topic, r.Partition, offset))
	defer from.Close()
	return lines.Fields{"records": lines.Collect(r, from.Messages(), told)}
}

func (d *driver) Offsets(r *lines.Request) any {
	if d.client == nil {
		d.client = lines.Got(sarama.NewClient(d.bootstrap, newConfig()))
	}
	answer := lines.Fields{
		"beginning":    lines.Got(d.client.GetOffset(r.Topic, r.Partition, sarama.OffsetOldest)),
		"end":          lines.Got(d.client.GetOffset(r.Topic, r.Partition, sarama.OffsetNewest)),
		"at_timestamp": nil,
	}
	if at := lines.Got(d.client.GetOffset(r.Topic, r.Partition, r.Timestamp)); at >= 0 {
		answer["at_timestamp"] = at
	}
	return answer
}

var balancers = map[string]sarama.BalanceStrategy{
	"range": sarama.NewBalanceStrategyRange(), "roundrobin": sarama.NewBalanceStrategyRoundRobin(),
	"sticky": sarama.NewBalanceStrategySticky(),
}

// A message, and the session that has it.
type given struct {
	message *sarama.ConsumerMessage
	session sarama.ConsumerGroupSession
}

// A member of a group: its claims hand over messages when somebody polls.
type consumer struct {
	group   sarama.ConsumerGroup
	stop    context.CancelFunc
	ended   chan struct{}
	given   chan given
	lock    sync.Mutex
	session sarama.ConsumerGroupSession
}

func (d *driver) Open(r *lines.Request) lines.Consumer {
	s, config := r.Parsed(), newConfig()
	if s.Assignor != "" {
		config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{balancers[s.Assignor]}
	}
	config.Consumer.Group.InstanceId = s.InstanceID
	if s.SessionTimeoutMs > 0 {
		config.Consumer.Group.Session.Timeout = lines.Milliseconds(s.SessionTimeoutMs)
	}
	if s.HeartbeatInterval > 0 {
		config.Consumer.Group.Heartbeat.Interval = lines.Milliseconds(s.HeartbeatInterval)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &consumer{
		group: lines.Got(sarama.NewConsumerGroup(d.bootstrap, r.Group, config)),
		stop:  cancel, ended: make(chan struct{}), given: make(chan given),
	}
	go func() {
		defer close(c.ended)
		for ctx.Err() == nil {
			if err := c.group.Consume(ctx, r.Topics, c); errors.Is(err, sarama.ErrClosedConsumerGroup) {
				return
			}
		}
	}()
	return c
}

// Setup is of sarama.ConsumerGroupHandler.
func (c *consumer) Setup(session sarama.ConsumerGroupSession) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.session = session
	return nil
}

// Cleanup is of sarama.ConsumerGroupHandler.
func (c *consumer) Cleanup(sarama.ConsumerGroupSession) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.session = nil
	return nil
}

// ConsumeClaim is of sarama.ConsumerGroupHandler. It reads on while it waits for a poll: so it sees when its messages end, which
// is all that tells that a cooperative rebalance has taken the partition.
func (c *consumer) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	waiting := []given{}
	for {
		var next given
		var polled chan given
		if len(waiting) > 0 {
			next, polled = waiting[0], c.given
		}
		select {
		case message, more := <-claim.Messages():
			if !more {
				return nil
			}
			waiting = append(waiting, given{message, session})
		case polled <- next:
			waiting = waiting[1:]
		case <-session.Context().Done():
			return nil
		}
	}
}

func (c *consumer) Poll(r *lines.Request) any {
	rows := lines.Collect(r, c.given, func(each given) *lines.Record {
		each.session.MarkMessage(each.message, "")
		return told(each.message)
	})
	c.lock.Lock()
	defer c.lock.Unlock()
	assignment := [][2]any{}
	if c.session != nil {
		for topic, partitions := range c.session.Claims() {
			for _, partition := range partitions {
				assignment = append(assignment, [2]any{topic, partition})
			}
		}
	}
	return lines.Fields{"records": rows, "assignment": assignment}
}

func (c *consumer) Commit() {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.session != nil {
		c.session.Commit()
	}
}

func (c *consumer) Seek(*lines.Request) bool { return false }

func (c *consumer) Close() {
	c.stop()
	// Where the coordinator has moved, sarama does not look for it again to say that it leaves.
	if err := c.group.Close(); !errors.Is(err, sarama.ErrNotCoordinatorForConsumer) {
		lines.Must(err)
	}
	<-c.ended
}

func (d *driver) Stop() {
	for _, producer := range d.producers {
		producer.AsyncClose()
	}
}

func main() {
	bootstrap := strings.Split(os.Args[len(os.Args)-1], ",")
	lines.Serve(&driver{bootstrap, nil, nil, map[string]sarama.AsyncProducer{}})
}
