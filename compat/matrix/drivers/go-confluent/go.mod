module driver

go 1.26.0

require (
	github.com/confluentinc/confluent-kafka-go/v2 v2.11.1
	lines v0.0.0
)

replace lines => ../go-lines
