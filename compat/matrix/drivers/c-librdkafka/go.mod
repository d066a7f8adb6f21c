// librdkafka as it comes, built, with Confluent's client for Go: nothing else of that is used
module driver

go 1.26.0

require github.com/confluentinc/confluent-kafka-go/v2 v2.11.1
