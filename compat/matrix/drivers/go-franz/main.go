// franz-go as a driver: see ../../DRIVERS.md.
package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"lines"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	wait    = 60 * time.Second
	connect = 15 * time.Second
)

// What a member of a group has, and the positions after what it was given.
type consumer struct {
	client   *kgo.Client
	lock     sync.Mutex
	owned    map[[2]any]bool
	returned map[string]map[int32]kgo.EpochOffset
}

type driver struct {
	common    []kgo.Opt
	admin     *kadm.Client
	producers map[string]*kgo.Client
}

func newDriver(bootstrap string) *driver {
	common := []kgo.Opt{
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}
	security := lines.ReadSecurity()
	if security.TLS != nil {
		common = append(common, kgo.DialTLSConfig(lines.TLSConfig(security.TLS.CA)))
	}
	if s := security.SASL; s != nil {
		auth := scram.Auth{User: s.Username, Pass: s.Password}
		switch s.Mechanism {
		case "PLAIN":
			common = append(common, kgo.SASL(plain.Auth{User: s.Username, Pass: s.Password}.AsMechanism()))
		case "SCRAM-SHA-256":
			common = append(common, kgo.SASL(auth.AsSha256Mechanism()))
		default:
			common = append(common, kgo.SASL(auth.AsSha512Mechanism()))
		}
	}
	return &driver{common, nil, map[string]*kgo.Client{}}
}

func (d *driver) client(opts ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(append([]kgo.Opt{}, d.common...), opts...)...)
	lines.Must(err)
	return client
}

func (d *driver) adm() *kadm.Client {
	if d.admin == nil {
		d.admin = kadm.NewClient(d.client())
	}
	return d.admin
}

func (d *driver) Metadata() any {
	found, err := d.adm().Metadata(lines.Within(connect))
	lines.Must(err)
	cluster := lines.NewCluster()
	for _, b := range found.Brokers {
		cluster.Broker(int(b.NodeID), b.Host, int(b.Port))
	}
	for name, topic := range found.Topics {
		cluster.Topics[name] = len(topic.Partitions)
	}
	return cluster
}

func (d *driver) Administer(r *lines.Request) any {
	ctx := lines.Within(wait)
	switch r.Do {
	case "create_topic":
		configs := map[string]*string{}
		for name, value := range r.Configs {
			configs[name] = kadm.StringPtr(value)
		}
		_, err := d.adm().CreateTopic(ctx, r.Partitions, r.Replication, configs, r.Topic)
		lines.Must(err)
	case "add_partitions":
		found, err := d.adm().UpdatePartitions(ctx, r.Count, r.Topic)
		lines.Must(err)
		lines.Must(found.Error())
	case "topic_config":
		found, err := d.adm().DescribeTopicConfigs(ctx, r.Topic)
		lines.Must(err)
		one, err := found.On(r.Topic, nil)
		lines.Must(err)
		lines.Must(one.Err)
		configs := lines.Fields{}
		for _, config := range one.Configs {
			configs[config.Key] = config.MaybeValue()
		}
		return lines.Fields{"configs": configs}
	case "alter_topic_config":
		change := kadm.AlterConfig{Op: kadm.SetConfig, Name: r.Name, Value: &r.Value}
		found, err := d.adm().AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, r.Topic)
		lines.Must(err)
		for _, one := range found {
			lines.Must(one.Err)
		}
	case "delete_topic":
		_, err := d.adm().DeleteTopic(ctx, r.Topic)
		lines.Must(err)
	case "list_groups":
		found, err := d.adm().ListGroups(ctx)
		lines.Must(err)
		return lines.Fields{"groups": found.Groups()}
	case "delete_group":
		_, err := d.adm().DeleteGroup(ctx, r.Group)
		lines.Must(err)
	default:
		return nil
	}
	return lines.Fields{}
}

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func producerOptions(s lines.Settings) []kgo.Opt {
	// what names a partition goes there, everything else by its key
	opts := []kgo.Opt{kgo.RecordPartitioner(byKeyUnlessNamed{kgo.StickyKeyPartitioner(nil)})}
	switch s.Acks {
	case "0":
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()))
	case "1":
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()))
	case "all":
		opts = append(opts, kgo.RequiredAcks(kgo.AllISRAcks()))
	}
	if !s.Idempotence {
		opts = append(opts, kgo.DisableIdempotentWrite())
	}
	if s.Compression != "" {
		opts = append(opts, kgo.ProducerBatchCompression(codecs[s.Compression]))
	}
	if s.LingerMs != nil {
		opts = append(opts, kgo.ProducerLinger(time.Duration(*s.LingerMs)*time.Millisecond))
	}
	if s.BatchBytes > 0 {
		opts = append(opts, kgo.ProducerBatchMaxBytes(s.BatchBytes))
	}
	if s.MaxRequestBytes > 0 {
		opts = append(opts, kgo.BrokerMaxWriteBytes(s.MaxRequestBytes))
	}
	return opts
}

type byKeyUnlessNamed struct{ byKey kgo.Partitioner }

func (p byKeyUnlessNamed) ForTopic(topic string) kgo.TopicPartitioner {
	return topicPartitioner{p.byKey.ForTopic(topic)}
}

type topicPartitioner struct{ byKey kgo.TopicPartitioner }

func (p topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.byKey.RequiresConsistency(r)
}

func (p topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.byKey.Partition(r, n)
}

func (d *driver) Produce(r *lines.Request) any {
	producer := lines.Cached(d.producers, r, func(s lines.Settings) *kgo.Client { return d.client(producerOptions(s)...) })
	return lines.Fields{"positions": send(producer, r)}
}

func send(client *kgo.Client, r *lines.Request) [][2]any {
	positions := make([][2]any, len(r.Records))
	var failure error
	done := make(chan error, len(r.Records))
	for i, each := range r.Records {
		sent := &kgo.Record{
			Topic: r.Topic, Partition: -1, Key: lines.Bytes(each.Key), Value: lines.Bytes(each.Value),
		}
		if each.Partition != nil {
			sent.Partition = *each.Partition
		}
		if each.Timestamp != nil {
			sent.Timestamp = time.UnixMilli(*each.Timestamp)
		}
		for _, h := range each.Headers {
			sent.Headers = append(sent.Headers, kgo.RecordHeader{Key: h[0].(string), Value: h.Bytes()})
		}
		index := i
		client.Produce(context.Background(), sent, func(got *kgo.Record, err error) {
			positions[index] = [2]any{got.Partition, got.Offset}
			done <- err
		})
	}
	for range r.Records {
		if err := <-done; err != nil {
			failure = err
		}
	}
	lines.Must(failure)
	return positions
}

func (d *driver) Transaction(r *lines.Request) any {
	s := r.Parsed()
	s.Idempotence = true
	client := d.client(append(producerOptions(s), kgo.TransactionalID(r.TransactionalID))...)
	defer client.Close()
	lines.Must(client.BeginTransaction())
	positions := send(client, r)
	lines.Must(client.EndTransaction(lines.Within(wait), kgo.TransactionEndTry(r.Commit)))
	return lines.Fields{"positions": positions}
}

func told(r *kgo.Record) lines.Record {
	at := r.Timestamp.UnixMilli()
	headers := []lines.Header{}
	for _, h := range r.Headers {
		headers = append(headers, lines.NewHeader(h.Key, h.Value))
	}
	return lines.Record{
		Topic: r.Topic, Partition: &r.Partition, Offset: r.Offset, Timestamp: &at,
		Key: lines.Optional(r.Key), Value: lines.Optional(r.Value), Headers: headers,
	}
}

func (d *driver) Consume(r *lines.Request) any {
	offset := kgo.NewOffset()
	switch start := r.Start.(type) {
	case float64:
		offset = offset.At(int64(start))
	case string:
		if start == "beginning" {
			offset = offset.AtStart()
		} else {
			offset = offset.AtEnd()
		}
	}
	isolation := kgo.ReadUncommitted()
	if r.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	where := map[string]map[int32]kgo.Offset{r.Topic: {r.Partition: offset}}
	client := d.client(kgo.ConsumePartitions(where), kgo.FetchIsolationLevel(isolation))
	defer client.Close()
	return lines.Fields{"records": read(&consumer{client: client}, r.Count, r.WithinMs)}
}

func read(c *consumer, count, withinMs int) []lines.Record {
	rows := []lines.Record{}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(withinMs)*time.Millisecond)
	defer cancel()
	for len(rows) < count && ctx.Err() == nil {
		fetches := c.client.PollRecords(ctx, count-len(rows))
		for _, failed := range fetches.Errors() {
			if !errors.Is(failed.Err, context.DeadlineExceeded) {
				lines.Must(failed.Err)
			}
		}
		fetches.EachRecord(func(r *kgo.Record) {
			rows = append(rows, told(r))
			if c.returned != nil {
				c.lock.Lock()
				defer c.lock.Unlock()
				if c.returned[r.Topic] == nil {
					c.returned[r.Topic] = map[int32]kgo.EpochOffset{}
				}
				c.returned[r.Topic][r.Partition] = kgo.EpochOffset{Epoch: r.LeaderEpoch, Offset: r.Offset + 1}
			}
		})
	}
	return rows
}

func (d *driver) Offsets(r *lines.Request) any {
	ctx := lines.Within(wait)
	starts, err := d.adm().ListStartOffsets(ctx, r.Topic)
	lines.Must(err)
	ends, err := d.adm().ListEndOffsets(ctx, r.Topic)
	lines.Must(err)
	after, err := d.adm().ListOffsetsAfterMilli(ctx, r.Timestamp, r.Topic)
	lines.Must(err)
	start, _ := starts.Lookup(r.Topic, r.Partition)
	end, _ := ends.Lookup(r.Topic, r.Partition)
	found, _ := after.Lookup(r.Topic, r.Partition)
	answer := lines.Fields{"beginning": start.Offset, "end": end.Offset, "at_timestamp": nil}
	// kadm gives the end where no record is that late
	if found.Timestamp >= 0 {
		answer["at_timestamp"] = found.Offset
	}
	return answer
}

var balancers = map[string]kgo.GroupBalancer{
	"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(),
	"sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer(),
	"uniform": kgo.StickyBalancer(), // what it calls the broker's assignor
}

func (d *driver) Open(r *lines.Request) lines.Consumer {
	s := r.Parsed()
	opts := []kgo.Opt{
		kgo.ConsumerGroup(r.Group), kgo.ConsumeTopics(r.Topics...), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	}
	if s.Protocol == "consumer" {
		opts = append(opts, kgo.ServerSideBalancer())
	}
	if s.Assignor != "" {
		opts = append(opts, kgo.Balancers(balancers[s.Assignor]))
	}
	if s.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(s.InstanceID))
	}
	if s.SessionTimeoutMs > 0 {
		opts = append(opts, kgo.SessionTimeout(time.Duration(s.SessionTimeoutMs)*time.Millisecond))
	}
	if s.HeartbeatInterval > 0 {
		opts = append(opts, kgo.HeartbeatInterval(time.Duration(s.HeartbeatInterval)*time.Millisecond))
	}
	c := &consumer{owned: map[[2]any]bool{}, returned: map[string]map[int32]kgo.EpochOffset{}}
	opts = append(opts, kgo.OnPartitionsAssigned(c.has), kgo.OnPartitionsRevoked(c.gone), kgo.OnPartitionsLost(c.gone))
	c.client = d.client(opts...)
	return c
}

func (c *consumer) has(_ context.Context, _ *kgo.Client, found map[string][]int32) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for topic, partitions := range found {
		for _, partition := range partitions {
			c.owned[[2]any{topic, partition}] = true
		}
	}
}

// What another member has now must not be committed any more.
func (c *consumer) gone(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for topic, partitions := range lost {
		for _, partition := range partitions {
			delete(c.returned[topic], partition)
			delete(c.owned, [2]any{topic, partition})
		}
	}
}

func (c *consumer) Poll(r *lines.Request) any {
	rows := read(c, r.Count, r.WithinMs)
	c.lock.Lock()
	defer c.lock.Unlock()
	assignment := [][2]any{}
	for each := range c.owned {
		assignment = append(assignment, each)
	}
	return lines.Fields{"records": rows, "assignment": assignment}
}

func (c *consumer) Commit() {
	var failure error
	c.client.CommitOffsetsSync(lines.Within(wait), c.returned, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, found *kmsg.OffsetCommitResponse, err error) {
		failure = err
		if err == nil {
			for _, topic := range found.Topics {
				for _, partition := range topic.Partitions {
					if e := kerr.ErrorForCode(partition.ErrorCode); e != nil {
						failure = e
					}
				}
			}
		}
	})
	lines.Must(failure)
}

func (c *consumer) Seek(r *lines.Request) bool {
	c.gone(nil, nil, map[string][]int32{r.Topic: {r.Partition}})
	c.has(nil, nil, map[string][]int32{r.Topic: {r.Partition}})
	c.client.SetOffsets(map[string]map[int32]kgo.EpochOffset{r.Topic: {r.Partition: {Epoch: -1, Offset: r.Offset}}})
	return true
}

func (c *consumer) Close() {
	c.client.Close()
}

func (d *driver) Stop() {
	for _, client := range d.producers {
		client.Close()
	}
}

func main() {
	lines.Serve(newDriver(os.Args[len(os.Args)-1]))
}
