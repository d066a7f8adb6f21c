// Package lines is what the drivers of Go clients have in common: requests and answers, a JSON object each, a line each.
// See ../../DRIVERS.md.
package lines

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Header is a name and a value, nil for null.
type Header [2]any

// Record as it is asked to be sent, or as it was read; Timestamp in milliseconds.
type Record struct {
	Topic     string   `json:"topic,omitempty"`
	Partition *int32   `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp *int64   `json:"timestamp"`
	Key       *[]byte  `json:"key"`
	Value     *[]byte  `json:"value"`
	Headers   []Header `json:"headers"`
}

// Settings of a producer or a consumer; what was not said is zero or nil.
type Settings struct {
	Acks              string `json:"acks"`
	Compression       string `json:"compression"`
	Idempotence       bool   `json:"idempotence"`
	LingerMs          *int   `json:"linger_ms"`
	BatchBytes        int32  `json:"batch_bytes"`
	MaxRequestBytes   int32  `json:"max_request_bytes"`
	Protocol          string `json:"protocol"`
	Assignor          string `json:"assignor"`
	InstanceID        string `json:"instance_id"`
	SessionTimeoutMs  int    `json:"session_timeout_ms"`
	HeartbeatInterval int    `json:"heartbeat_interval_ms"`
}

// Request is any of them.
type Request struct {
	Do              string            `json:"do"`
	Topic           string            `json:"topic"`
	Topics          []string          `json:"topics"`
	Partition       int32             `json:"partition"`
	Partitions      int32             `json:"partitions"`
	Replication     int16             `json:"replication_factor"`
	Configs         map[string]string `json:"configs"`
	Count           int               `json:"count"`
	Name            string            `json:"name"`
	Value           string            `json:"value"`
	Group           string            `json:"group"`
	Records         []Record          `json:"records"`
	Settings        json.RawMessage   `json:"settings"`
	TransactionalID string            `json:"transactional_id"`
	Commit          bool              `json:"commit"`
	Start           any               `json:"start"`
	WithinMs        int               `json:"within_ms"`
	Isolation       string            `json:"isolation"`
	Timestamp       int64             `json:"timestamp"`
	Consumer        string            `json:"consumer"`
	Offset          int64             `json:"offset"`
}

// Fields of an answer.
type Fields map[string]any

// Cluster is what "metadata" answers.
type Cluster struct {
	Brokers []Fields       `json:"brokers"`
	Topics  map[string]int `json:"topics"`
}

// NewCluster has neither brokers nor topics yet.
func NewCluster() *Cluster {
	return &Cluster{[]Fields{}, map[string]int{}}
}

// Broker is one more.
func (c *Cluster) Broker(id int, host string, port int) {
	c.Brokers = append(c.Brokers, Fields{"id": id, "host": host, "port": port})
}

// Security is what CLIENT_SECURITY says.
type Security struct {
	TLS *struct {
		CA string `json:"ca_file"`
	} `json:"tls"`
	SASL *struct{ Mechanism, Username, Password string } `json:"sasl"`
}

// Driver is a client. An error of the client is a panic; nil is what it has no such thing for.
type Driver interface {
	Metadata() any
	Administer(r *Request) any
	Produce(r *Request) any
	Transaction(r *Request) any
	Consume(r *Request) any
	Offsets(r *Request) any
	Open(r *Request) Consumer
	Stop()
}

// Consumer has subscribed; Seek tells whether it can.
type Consumer interface {
	Poll(r *Request) any
	Commit()
	Seek(r *Request) bool
	Close()
}

// Must panics with the error, if there is one.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Got is the value, unless there is an error.
func Got[T any](value T, err error) T {
	Must(err)
	return value
}

// Parsed settings of a request.
func (r *Request) Parsed() Settings {
	var s Settings
	if len(r.Settings) > 0 {
		Must(json.Unmarshal(r.Settings, &s))
	}
	return s
}

// Within is how long a request may take.
func (r *Request) Within() time.Duration {
	return Milliseconds(r.WithinMs)
}

// Milliseconds as the clients want them.
func Milliseconds(count int) time.Duration {
	return time.Duration(count) * time.Millisecond
}

// Within is a context that ends then.
func Within(limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	time.AfterFunc(limit, cancel)
	return ctx
}

// Cached is what was made for the request's settings, which is made now if it was not.
func Cached[T any](made map[string]T, r *Request, make func(Settings) T) T {
	key := string(r.Settings)
	if _, ok := made[key]; !ok {
		made[key] = make(r.Parsed())
	}
	return made[key]
}

// Collect takes what comes until there are as many records as asked for, or the time is over; nil is no record.
func Collect[T any](r *Request, from <-chan T, take func(T) *Record) []Record {
	rows, over := []Record{}, time.After(r.Within())
	for len(rows) < r.Count {
		select {
		case each := <-from:
			if row := take(each); row != nil {
				rows = append(rows, *row)
			}
		case <-over:
			return rows
		}
	}
	return rows
}

// Bytes of an optional key or value, nil for null.
func Bytes(text *[]byte) []byte {
	if text == nil {
		return nil
	}
	return *text
}

// Optional is what Bytes came from.
func Optional(data []byte) *[]byte {
	if data == nil {
		return nil
	}
	return &data
}

// Bytes of a header's value, nil for null.
func (h Header) Bytes() []byte {
	var value []byte
	if text, ok := h[1].(string); ok {
		Must(json.Unmarshal([]byte(`"`+text+`"`), &value))
	}
	return value
}

// NewHeader has a name and a value, which may be nil.
func NewHeader(name string, value []byte) Header {
	if value == nil {
		return Header{name, nil}
	}
	return Header{name, value}
}

// ReadSecurity of the environment.
func ReadSecurity() Security {
	var security Security
	if text := os.Getenv("CLIENT_SECURITY"); text != "" {
		Must(json.Unmarshal([]byte(text), &security))
	}
	return security
}

// TLSConfig trusts the file, if one is named.
func TLSConfig(caFile string) *tls.Config {
	config := &tls.Config{}
	if caFile != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(Got(os.ReadFile(caFile)))
	}
	return config
}

// Serve answers what stdin asks until it ends.
func Serve(d Driver) {
	consumers := map[string]Consumer{}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var r Request
		Must(json.Unmarshal(line, &r))
		Must(out.Encode(try(d, consumers, &r)))
	}
	for _, c := range consumers {
		c.Close()
	}
	d.Stop()
}

// What the client cannot do is an answer; a bug of the driver ends it.
func try(d Driver, consumers map[string]Consumer, r *Request) (out Fields) {
	defer func() {
		if caught := recover(); caught != nil {
			err, ok := caught.(error)
			var bug interface{ RuntimeError() }
			if !ok || errors.As(err, &bug) {
				panic(caught)
			}
			out = Fields{"error": fmt.Sprintf("%T %v", err, err)}
		}
	}()
	answer := answered(d, consumers, r)
	if answer == nil {
		return Fields{"unsupported": r.Do}
	}
	return Fields{"ok": answer}
}

func answered(d Driver, consumers map[string]Consumer, r *Request) any {
	switch r.Do {
	case "metadata":
		return d.Metadata()
	case "produce":
		return d.Produce(r)
	case "transaction":
		return d.Transaction(r)
	case "consume":
		return d.Consume(r)
	case "offsets":
		return d.Offsets(r)
	case "poll":
		return consumers[r.Consumer].Poll(r)
	case "open":
		consumers[r.Consumer] = d.Open(r)
	case "commit":
		consumers[r.Consumer].Commit()
	case "seek":
		if !consumers[r.Consumer].Seek(r) {
			return nil
		}
	case "close":
		c := consumers[r.Consumer]
		delete(consumers, r.Consumer)
		c.Close()
	default:
		return d.Administer(r)
	}
	return Fields{}
}
