//go:build !sarama_1_43

package main

import "github.com/IBM/sarama"

func init() {
	balancers["cooperative-sticky"] = sarama.NewBalanceStrategyCooperativeSticky()
}
