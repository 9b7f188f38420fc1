package live

import (
	"github.com/prometheus/client_golang/prometheus"

	"hpaflow/flow"
)

// boardCollector reads the counters of all flows of a run whenever it is
// scraped. Those of flows that have ended stay, so that no scrape misses a step.
type boardCollector struct{ board *Board }

// The labels. The step is empty for a flow that is run by itself.
var (
	flowLabels  = []string{"flow", "step"}
	stageLabels = append([]string{"stage", "kind"}, flowLabels...)
)

// number is one of the numbers of a flow, or of a stage.
type number[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(T) float64
}

func ofStage(kind prometheus.ValueType, name, help string, read func(flow.StageStats) float64) number[flow.StageStats] {
	return number[flow.StageStats]{prometheus.NewDesc("hpaflow_stage_"+name, help, stageLabels, nil), kind, read}
}

func ofFlow(kind prometheus.ValueType, name, help string, read func(flow.Stats) float64) number[flow.Stats] {
	return number[flow.Stats]{prometheus.NewDesc("hpaflow_"+name, help, flowLabels, nil), kind, read}
}

// ofDevice reads a number of the device that a stage computes on.
func ofDevice(read func(flow.Device) float64) func(flow.StageStats) float64 {
	return func(s flow.StageStats) float64 {
		if s.Device == nil {
			return 0
		}
		return read(*s.Device)
	}
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

var stageNumbers = []number[flow.StageStats]{
	ofStage(counter, "records_in_total", "Records taken.", func(s flow.StageStats) float64 { return float64(s.In) }),
	ofStage(counter, "records_out_total", "Records yielded.", func(s flow.StageStats) float64 { return float64(s.Out) }),
	ofStage(counter, "errors_total", "Records that failed.", func(s flow.StageStats) float64 { return float64(s.Errors) }),
	ofStage(counter, "skipped_total", "Records dropped on purpose.", func(s flow.StageStats) float64 { return float64(s.Skipped) }),
	ofStage(counter, "complete_total", "Records left out because an earlier run did them.", func(s flow.StageStats) float64 { return float64(s.Complete) }),
	ofStage(counter, "bytes_total", "Memory of the values yielded.", func(s flow.StageStats) float64 { return float64(s.Bytes) }),
	ofStage(counter, "busy_seconds_total", "Time of all workers at work.", func(s flow.StageStats) float64 { return s.Busy.Seconds() }),
	ofStage(counter, "starved_seconds_total", "Time of all workers waiting for input.", func(s flow.StageStats) float64 { return s.Starved.Seconds() }),
	ofStage(counter, "outside_seconds_total", "Of the time waiting for input, that for what is outside the flow, such as a store.", func(s flow.StageStats) float64 { return s.Outside.Seconds() }),
	ofStage(counter, "blocked_seconds_total", "Time of all workers waiting for room in the output.", func(s flow.StageStats) float64 { return s.Blocked.Seconds() }),
	ofStage(counter, "device_busy_seconds_total", "Time of the device that the stage computes on at work; 0 where that is the processor.", ofDevice(func(d flow.Device) float64 { return d.Busy.Seconds() })),
	ofStage(counter, "device_waiting_seconds_total", "Time of that device with nothing to do.", ofDevice(func(d flow.Device) float64 { return d.Waiting.Seconds() })),
	ofStage(gauge, "device_memory_bytes", "Memory of that device that is taken.", ofDevice(func(d flow.Device) float64 { return float64(d.Memory) })),
	ofStage(gauge, "workers", "Workers now.", func(s flow.StageStats) float64 { return float64(s.Workers) }),
	ofStage(gauge, "queued", "Records on the way to the stage.", func(s flow.StageStats) float64 { return float64(s.Queued) }),
}

var flowNumbers = []number[flow.Stats]{
	ofFlow(counter, "dead_letters_total", "Records that failed anywhere.", func(s flow.Stats) float64 { return float64(s.DeadLetters) }),
	ofFlow(gauge, "memory_in_flight_bytes", "Bytes of records in flight.", func(s flow.Stats) float64 { return float64(s.Memory) }),
	ofFlow(gauge, "memory_limit_bytes", "The most bytes there may be in flight.", func(s flow.Stats) float64 { return float64(s.MemoryLimit) }),
}

// Describe implements prometheus.Collector.
func (c *boardCollector) Describe(out chan<- *prometheus.Desc) {
	for _, n := range stageNumbers {
		out <- n.desc
	}
	for _, n := range flowNumbers {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector.
func (c *boardCollector) Collect(out chan<- prometheus.Metric) {
	for _, a := range c.board.accounts() {
		for _, st := range a.stats.Stages {
			for _, n := range stageNumbers {
				out <- prometheus.MustNewConstMetric(n.desc, n.kind, n.read(st), st.Name, string(st.Kind), a.stats.Flow, a.step)
			}
		}
		for _, n := range flowNumbers {
			out <- prometheus.MustNewConstMetric(n.desc, n.kind, n.read(a.stats), a.stats.Flow, a.step)
		}
	}
}
