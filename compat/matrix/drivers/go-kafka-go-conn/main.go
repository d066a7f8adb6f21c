// kafka-go's Conn, one connection to a partition's leader, as a driver: see ../../DRIVERS.md.
package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"lines"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
)

const wait = 60 * time.Second

type place struct {
	topic     string
	partition int
}

type driver struct {
	bootstrap string
	dialer    *kafka.Dialer
	leaders   map[place]*kafka.Conn
}

func newDriver(bootstrap string) *driver {
	dialer := &kafka.Dialer{Timeout: 10 * time.Second, DualStack: true}
	if security := lines.ReadSecurity(); security.TLS != nil {
		dialer.TLS = lines.TLSConfig(security.TLS.CA)
	}
	return &driver{strings.Split(bootstrap, ",")[0], dialer, map[place]*kafka.Conn{}}
}

// A connection to any broker, for one request.
func (d *driver) ask(do func(*kafka.Conn)) {
	conn := lines.Got(d.dialer.DialContext(lines.Within(wait), "tcp", d.bootstrap))
	defer conn.Close()
	do(conn)
}

func (d *driver) leader(topic string, partition int) *kafka.Conn {
	at := place{topic, partition}
	if d.leaders[at] == nil {
		d.leaders[at] = lines.Got(d.dialer.DialLeader(lines.Within(wait), "tcp", d.bootstrap, topic, partition))
	}
	lines.Must(d.leaders[at].SetDeadline(time.Now().Add(wait)))
	return d.leaders[at]
}

func (d *driver) Metadata() any {
	cluster := lines.NewCluster()
	d.ask(func(conn *kafka.Conn) {
		for _, b := range lines.Got(conn.Brokers()) {
			cluster.Broker(b.ID, b.Host, b.Port)
		}
		for _, partition := range lines.Got(conn.ReadPartitions()) {
			cluster.Topics[partition.Topic]++
		}
	})
	return cluster
}

func (d *driver) Administer(r *lines.Request) any {
	switch r.Do {
	case "create_topic":
		topic := kafka.TopicConfig{
			Topic: r.Topic, NumPartitions: int(r.Partitions), ReplicationFactor: int(r.Replication),
		}
		for name, value := range r.Configs {
			topic.ConfigEntries = append(topic.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
		}
		d.ask(func(conn *kafka.Conn) { lines.Must(conn.CreateTopics(topic)) })
	case "delete_topic":
		d.ask(func(conn *kafka.Conn) { lines.Must(conn.DeleteTopics(r.Topic)) })
	default:
		return nil
	}
	return lines.Fields{}
}

var codecs = map[string]compress.Codec{
	"gzip": &compress.GzipCodec, "snappy": &compress.SnappyCodec, "lz4": &compress.Lz4Codec, "zstd": &compress.ZstdCodec,
}

// What is written at once is one batch; batch_bytes says how many records that are.
func (d *driver) Produce(r *lines.Request) any {
	settings := r.Parsed()
	messages, indexes := map[int][]kafka.Message{}, map[int][]int{}
	for i, each := range r.Records {
		message := kafka.Message{Key: lines.Bytes(each.Key), Value: lines.Bytes(each.Value)}
		if each.Timestamp != nil {
			message.Time = time.UnixMilli(*each.Timestamp)
		}
		for _, h := range each.Headers {
			message.Headers = append(message.Headers, kafka.Header{Key: h[0].(string), Value: h.Bytes()})
		}
		partition := 0
		if each.Partition != nil {
			partition = int(*each.Partition)
		}
		messages[partition] = append(messages[partition], message)
		indexes[partition] = append(indexes[partition], i)
	}
	positions := make([][2]any, len(r.Records))
	for partition, rest := range messages {
		conn := d.leader(r.Topic, partition)
		lines.Must(conn.SetRequiredAcks(map[string]int{"": -1, "all": -1, "1": 1}[settings.Acks]))
		for sent := 0; len(rest) > 0; {
			count := fitting(rest, int(settings.BatchBytes))
			_, _, offset, _, err := conn.WriteCompressedMessagesAt(codecs[settings.Compression], rest[:count]...)
			lines.Must(err)
			for n := range count {
				positions[indexes[partition][sent+n]] = [2]any{partition, offset + int64(n)}
			}
			rest, sent = rest[count:], sent+count
		}
	}
	return lines.Fields{"positions": positions}
}

// How many of them make a batch of so many bytes: at least one, all where no number is given.
func fitting(messages []kafka.Message, bytes int) int {
	const overhead = 32
	size := 0
	for i, m := range messages {
		size += len(m.Key) + len(m.Value) + overhead
		if bytes > 0 && size > bytes && i > 0 {
			return i
		}
	}
	return len(messages)
}

func (d *driver) Transaction(*lines.Request) any { return nil }

func (d *driver) Consume(r *lines.Request) any {
	conn := d.leader(r.Topic, int(r.Partition))
	offset, whence := int64(0), kafka.SeekEnd
	switch start := r.Start.(type) {
	case float64:
		offset, whence = int64(start), kafka.SeekAbsolute
	case string:
		if start == "beginning" {
			whence = kafka.SeekStart
		}
	}
	lines.Got(conn.Seek(offset, whence))
	isolation := kafka.ReadUncommitted
	if r.Isolation == "read_committed" {
		isolation = kafka.ReadCommitted
	}
	rows, deadline := []lines.Record{}, time.Now().Add(r.Within())
	for len(rows) < r.Count && time.Now().Before(deadline) {
		batch := conn.ReadBatchWith(kafka.ReadBatchConfig{
			MinBytes: 1, MaxBytes: 10_000_000, MaxWait: 500 * time.Millisecond, IsolationLevel: isolation,
		})
		for len(rows) < r.Count {
			message, err := batch.ReadMessage()
			if err != nil {
				break
			}
			rows = append(rows, *told(message))
		}
		if err := batch.Close(); !errors.Is(err, kafka.RequestTimedOut) { // so it calls a fetch without records
			lines.Must(err)
		}
	}
	return lines.Fields{"records": rows}
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

func (d *driver) Offsets(r *lines.Request) any {
	conn := d.leader(r.Topic, int(r.Partition))
	first, last, err := conn.ReadOffsets()
	lines.Must(err)
	answer := lines.Fields{"beginning": first, "end": last, "at_timestamp": nil}
	if at := lines.Got(conn.ReadOffset(time.UnixMilli(r.Timestamp))); at >= 0 {
		answer["at_timestamp"] = at
	}
	return answer
}

func (d *driver) Open(*lines.Request) lines.Consumer { return nil }

func (d *driver) Stop() {
	for _, conn := range d.leaders {
		lines.Must(conn.Close())
	}
}

func main() {
	lines.Serve(newDriver(os.Args[len(os.Args)-1]))
}
