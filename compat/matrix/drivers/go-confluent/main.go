// confluent-kafka-go as a driver: see ../../DRIVERS.md.
package main

import (
	"os"
	"time"

	"lines"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

const wait = 60 * time.Second
const waitMs = 60_000

type driver struct {
	common    kafka.ConfigMap
	admin     *kafka.AdminClient
	producers map[string]*kafka.Producer
}

func newDriver(bootstrap string) *driver {
	common := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	security := lines.ReadSecurity()
	if s := security.SASL; s != nil {
		common["security.protocol"] = "sasl_plaintext"
		common["sasl.mechanism"], common["sasl.username"], common["sasl.password"] = s.Mechanism, s.Username, s.Password
	}
	if security.TLS != nil {
		common["security.protocol"] = "ssl"
		if security.SASL != nil {
			common["security.protocol"] = "sasl_ssl"
		}
		if security.TLS.CA != "" {
			common["ssl.ca.location"] = security.TLS.CA
		}
	}
	return &driver{common, nil, map[string]*kafka.Producer{}}
}

// The common settings and these.
func (d *driver) with(own kafka.ConfigMap) *kafka.ConfigMap {
	all := kafka.ConfigMap{}
	for _, settings := range []kafka.ConfigMap{d.common, own} {
		for name, value := range settings {
			all[name] = value
		}
	}
	return &all
}

func (d *driver) opened() *kafka.AdminClient {
	if d.admin == nil {
		d.admin = lines.Got(kafka.NewAdminClient(d.with(nil)))
	}
	return d.admin
}

func (d *driver) Metadata() any {
	found := lines.Got(d.opened().GetMetadata(nil, true, 15_000))
	cluster := lines.NewCluster()
	for _, b := range found.Brokers {
		cluster.Broker(int(b.ID), b.Host, b.Port)
	}
	for name, topic := range found.Topics {
		cluster.Topics[name] = len(topic.Partitions)
	}
	return cluster
}

// Panics with the error, which librdkafka gives as a value.
func must(err kafka.Error) {
	if err.Code() != kafka.ErrNoError {
		panic(err)
	}
}

func mustAll(results []kafka.TopicResult, err error) {
	lines.Must(err)
	for _, each := range results {
		must(each.Error)
	}
}

func mustResources(results []kafka.ConfigResourceResult, err error) []kafka.ConfigResourceResult {
	lines.Must(err)
	for _, each := range results {
		must(each.Error)
	}
	return results
}

func (d *driver) Administer(r *lines.Request) any {
	ctx, admin := lines.Within(wait), d.opened()
	resource := kafka.ConfigResource{Type: kafka.ResourceTopic, Name: r.Topic}
	switch r.Do {
	case "create_topic":
		mustAll(admin.CreateTopics(ctx, []kafka.TopicSpecification{{
			Topic: r.Topic, NumPartitions: int(r.Partitions), ReplicationFactor: int(r.Replication), Config: r.Configs,
		}}))
	case "add_partitions":
		mustAll(admin.CreatePartitions(ctx, []kafka.PartitionsSpecification{{Topic: r.Topic, IncreaseTo: r.Count}}))
	case "topic_config":
		configs := lines.Fields{}
		for _, found := range mustResources(admin.DescribeConfigs(ctx, []kafka.ConfigResource{resource})) {
			for name, entry := range found.Config {
				configs[name] = entry.Value
			}
		}
		return lines.Fields{"configs": configs}
	case "alter_topic_config":
		resource.Config = []kafka.ConfigEntry{{
			Name: r.Name, Value: r.Value, IncrementalOperation: kafka.AlterConfigOpTypeSet,
		}}
		mustResources(admin.IncrementalAlterConfigs(ctx, []kafka.ConfigResource{resource}))
	case "delete_topic":
		mustAll(admin.DeleteTopics(ctx, []string{r.Topic}))
	case "list_groups":
		groups := []string{}
		for _, each := range lines.Got(admin.ListConsumerGroups(ctx)).Valid {
			groups = append(groups, each.GroupID)
		}
		return lines.Fields{"groups": groups}
	case "delete_group":
		for _, each := range lines.Got(admin.DeleteConsumerGroups(ctx, []string{r.Group})).ConsumerGroupResults {
			must(each.Error)
		}
	default:
		return nil
	}
	return lines.Fields{}
}

func (d *driver) newProducer(s lines.Settings, own kafka.ConfigMap) *kafka.Producer {
	if s.Acks != "" {
		own["acks"] = s.Acks
	}
	if s.Compression != "" {
		own["compression.type"] = s.Compression
	}
	if s.Idempotence {
		own["enable.idempotence"] = true
	}
	if s.LingerMs != nil {
		own["linger.ms"] = *s.LingerMs
	}
	if s.BatchBytes != 0 {
		own["batch.size"] = int(s.BatchBytes)
	}
	if s.MaxRequestBytes != 0 {
		own["message.max.bytes"] = int(s.MaxRequestBytes)
	}
	return lines.Got(kafka.NewProducer(d.with(own)))
}

func (d *driver) Produce(r *lines.Request) any {
	p := lines.Cached(d.producers, r, func(s lines.Settings) *kafka.Producer {
		return d.newProducer(s, kafka.ConfigMap{"message.timeout.ms": waitMs})
	})
	return lines.Fields{"positions": send(p, r)}
}

func (d *driver) Transaction(r *lines.Request) any {
	p := d.newProducer(r.Parsed(), kafka.ConfigMap{"transactional.id": r.TransactionalID})
	defer p.Close()
	ctx := lines.Within(wait)
	lines.Must(p.InitTransactions(ctx))
	lines.Must(p.BeginTransaction())
	positions := send(p, r)
	if r.Commit {
		lines.Must(p.CommitTransaction(ctx))
	} else {
		lines.Must(p.AbortTransaction(ctx))
	}
	return lines.Fields{"positions": positions}
}

func send(p *kafka.Producer, r *lines.Request) [][]any {
	delivered := make(chan kafka.Event, len(r.Records))
	for index, record := range r.Records {
		message := &kafka.Message{
			TopicPartition: kafka.TopicPartition{Topic: &r.Topic, Partition: kafka.PartitionAny},
			Key:            lines.Bytes(record.Key), Value: lines.Bytes(record.Value), Opaque: index,
		}
		if record.Partition != nil {
			message.TopicPartition.Partition = *record.Partition
		}
		if record.Timestamp != nil {
			message.Timestamp = time.UnixMilli(*record.Timestamp)
		}
		for _, header := range record.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: header[0].(string), Value: header.Bytes()})
		}
		err := p.Produce(message, delivered)
		for isFull(err) {
			time.Sleep(10 * time.Millisecond)
			err = p.Produce(message, delivered)
		}
		lines.Must(err)
	}
	positions := make([][]any, len(r.Records))
	for range r.Records {
		sent := (<-delivered).(*kafka.Message)
		lines.Must(sent.TopicPartition.Error)
		position := []any{sent.TopicPartition.Partition, nil}
		if sent.TopicPartition.Offset >= 0 {
			position[1] = int64(sent.TopicPartition.Offset)
		}
		positions[sent.Opaque.(int)] = position
	}
	return positions
}

func isFull(err error) bool {
	known, ok := err.(kafka.Error)
	return ok && known.Code() == kafka.ErrQueueFull
}

// A consumer that is in no group.
func (d *driver) newReader(isolation string) *kafka.Consumer {
	return lines.Got(kafka.NewConsumer(d.with(kafka.ConfigMap{
		"group.id": "unused", "enable.auto.commit": false, "auto.offset.reset": "earliest", "isolation.level": isolation,
	})))
}

func (d *driver) Consume(r *lines.Request) any {
	reader := d.newReader(r.Isolation)
	defer reader.Close()
	from := kafka.TopicPartition{Topic: &r.Topic, Partition: r.Partition}
	switch start := r.Start.(type) {
	case float64:
		from.Offset = kafka.Offset(start)
	case string:
		from.Offset = map[string]kafka.Offset{"beginning": kafka.OffsetBeginning, "end": kafka.OffsetEnd}[start]
	}
	lines.Must(reader.Assign([]kafka.TopicPartition{from}))
	return lines.Fields{"records": read(reader, r)}
}

func read(from *kafka.Consumer, r *lines.Request) []lines.Record {
	rows, deadline := []lines.Record{}, time.Now().Add(r.Within())
	for len(rows) < r.Count && time.Now().Before(deadline) {
		left := max(time.Until(deadline), time.Millisecond) // a negative time is for ever
		message, err := from.ReadMessage(min(100*time.Millisecond, left))
		if err == nil {
			rows = append(rows, told(message))
		} else if known, ok := err.(kafka.Error); !ok || !isPassing(known) {
			panic(err)
		}
	}
	return rows
}

// What goes by itself: nothing came, or a broker is away.
func isPassing(err kafka.Error) bool {
	return err.IsTimeout() || err.Code() == kafka.ErrTransport || err.Code() == kafka.ErrAllBrokersDown
}

func told(message *kafka.Message) lines.Record {
	place, timestamp := message.TopicPartition, message.Timestamp.UnixMilli()
	row := lines.Record{
		Topic: *place.Topic, Partition: &place.Partition, Offset: int64(place.Offset), Timestamp: &timestamp,
		Key: lines.Optional(message.Key), Value: lines.Optional(message.Value), Headers: []lines.Header{},
	}
	for _, header := range message.Headers {
		row.Headers = append(row.Headers, lines.NewHeader(header.Key, header.Value))
	}
	return row
}

func (d *driver) Offsets(r *lines.Request) any {
	reader := d.newReader("read_uncommitted")
	defer reader.Close()
	low, high, err := reader.QueryWatermarkOffsets(r.Topic, r.Partition, waitMs)
	lines.Must(err)
	asked := kafka.TopicPartition{Topic: &r.Topic, Partition: r.Partition, Offset: kafka.Offset(r.Timestamp)}
	found := lines.Got(reader.OffsetsForTimes([]kafka.TopicPartition{asked}, waitMs))
	answer := lines.Fields{"beginning": low, "end": high, "at_timestamp": nil}
	if found[0].Offset >= 0 {
		answer["at_timestamp"] = int64(found[0].Offset)
	}
	return answer
}

type consumer struct{ *kafka.Consumer }

func (d *driver) Open(r *lines.Request) lines.Consumer {
	s := r.Parsed()
	own := kafka.ConfigMap{"group.id": r.Group, "enable.auto.commit": false, "auto.offset.reset": "earliest"}
	assignor := "partition.assignment.strategy"
	if s.Protocol != "" {
		own["group.protocol"] = s.Protocol
	}
	if s.Protocol == "consumer" {
		assignor = "group.remote.assignor"
	}
	if s.Assignor != "" {
		own[assignor] = s.Assignor
	}
	if s.InstanceID != "" {
		own["group.instance.id"] = s.InstanceID
	}
	if s.SessionTimeoutMs != 0 {
		own["session.timeout.ms"] = s.SessionTimeoutMs
	}
	if s.HeartbeatInterval != 0 {
		own["heartbeat.interval.ms"] = s.HeartbeatInterval
	}
	made := lines.Got(kafka.NewConsumer(d.with(own)))
	lines.Must(made.SubscribeTopics(r.Topics, nil))
	return consumer{made}
}

func (c consumer) Poll(r *lines.Request) any {
	rows, assignment := read(c.Consumer, r), [][]any{}
	for _, each := range lines.Got(c.Assignment()) {
		assignment = append(assignment, []any{*each.Topic, each.Partition})
	}
	return lines.Fields{"records": rows, "assignment": assignment}
}

func (c consumer) Commit() {
	lines.Got(c.Consumer.Commit())
}

func (c consumer) Seek(r *lines.Request) bool {
	place := kafka.TopicPartition{Topic: &r.Topic, Partition: r.Partition, Offset: kafka.Offset(r.Offset)}
	lines.Must(c.Consumer.Seek(place, waitMs))
	return true
}

func (c consumer) Close() {
	lines.Must(c.Consumer.Close())
}

func (d *driver) Stop() {
	for _, p := range d.producers {
		p.Close()
	}
	if d.admin != nil {
		d.admin.Close()
	}
}

func main() {
	lines.Serve(newDriver(os.Args[len(os.Args)-1]))
}
