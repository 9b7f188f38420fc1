package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"hpaflow/flow"
)

// stageCollector reads a graph's counters whenever it is scraped.
type stageCollector struct {
	graph   *flow.Graph
	stages  []stageMetric
	letters *prometheus.Desc
	memory  *prometheus.Desc
	limit   *prometheus.Desc
}

// stageMetric is one number of every stage.
type stageMetric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(flow.StageStats) float64
}

func newStageCollector(g *flow.Graph) *stageCollector {
	counter := func(name, help string, read func(flow.StageStats) float64) stageMetric {
		return stageMetric{stageDesc(name, help), prometheus.CounterValue, read}
	}
	gauge := func(name, help string, read func(flow.StageStats) float64) stageMetric {
		return stageMetric{stageDesc(name, help), prometheus.GaugeValue, read}
	}
	return &stageCollector{
		graph: g,
		stages: []stageMetric{
			counter("records_in_total", "Records taken.", func(s flow.StageStats) float64 { return float64(s.In) }),
			counter("records_out_total", "Records yielded.", func(s flow.StageStats) float64 { return float64(s.Out) }),
			counter("errors_total", "Records that failed.", func(s flow.StageStats) float64 { return float64(s.Errors) }),
			counter("skipped_total", "Records dropped on purpose.", func(s flow.StageStats) float64 { return float64(s.Skipped) }),
			counter("complete_total", "Records left out because an earlier run did them.", func(s flow.StageStats) float64 { return float64(s.Complete) }),
			counter("bytes_total", "Memory of the values yielded.", func(s flow.StageStats) float64 { return float64(s.Bytes) }),
			counter("busy_seconds_total", "Time of all workers at work.", func(s flow.StageStats) float64 { return s.Busy.Seconds() }),
			counter("starved_seconds_total", "Time of all workers waiting for input.", func(s flow.StageStats) float64 { return s.Starved.Seconds() }),
			counter("blocked_seconds_total", "Time of all workers waiting for room in the output.", func(s flow.StageStats) float64 { return s.Blocked.Seconds() }),
			gauge("workers", "Workers now.", func(s flow.StageStats) float64 { return float64(s.Workers) }),
			gauge("queued", "Records on the way to the stage.", func(s flow.StageStats) float64 { return float64(s.Queued) }),
		},
		letters: prometheus.NewDesc("hpaflow_dead_letters_total", "Records that failed anywhere.", nil, nil),
		memory:  prometheus.NewDesc("hpaflow_memory_in_flight_bytes", "Bytes of records in flight.", nil, nil),
		limit:   prometheus.NewDesc("hpaflow_memory_limit_bytes", "The most bytes there may be in flight.", nil, nil),
	}
}

func stageDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("hpaflow_stage_"+name, help, []string{"stage", "kind"}, nil)
}

// Describe implements prometheus.Collector.
func (c *stageCollector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect implements prometheus.Collector.
func (c *stageCollector) Collect(out chan<- prometheus.Metric) {
	s := c.graph.Stats()
	for _, st := range s.Stages {
		for _, m := range c.stages {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(st), st.Name, string(st.Kind))
		}
	}
	out <- prometheus.MustNewConstMetric(c.letters, prometheus.CounterValue, float64(s.DeadLetters))
	out <- prometheus.MustNewConstMetric(c.memory, prometheus.GaugeValue, float64(s.Memory))
	out <- prometheus.MustNewConstMetric(c.limit, prometheus.GaugeValue, float64(s.MemoryLimit))
}
