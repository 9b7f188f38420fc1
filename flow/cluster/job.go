package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Format is the version of what the broker holds for workers.
const Format = 2

// Job is a flow whose units are to be done, as workers get to know of it. They
// see the same storage.
type Job struct {
	Format int    `json:"format"`
	Run    string `json:"run"`            // the run id of its plan, or the digest of its steps
	Dir    string `json:"dir"`            // of its result
	Name   string `json:"name"`           // of the flow
	Text   string `json:"text,omitempty"` // the flow with all its values

	// Of a flow whose units are steps there is no text: workers read the file.
	File    string   `json:"file,omitempty"`
	Sets    []string `json:"sets,omitempty"`
	Changed string   `json:"changed,omitempty"` // what to do about results that have changed; empty: as the flows say

	// From is the folder that relative paths are of, and Relative says that there are
	// some.
	From     string `json:"from"`
	Relative bool   `json:"relative"`

	Lease     time.Duration `json:"lease"`
	Version   string        `json:"version"` // of the program that submitted it
	Host      string        `json:"host"`
	Submitted time.Time     `json:"submitted"`
}

// ID names the job on the broker: one plan in one place.
func (j *Job) ID() string {
	sum := sha256.Sum256([]byte(j.Run + "\x00" + j.Dir))
	return hex.EncodeToString(sum[:8])
}

// Compatible refuses a job of a later version of the program.
func (j *Job) Compatible() error {
	if j.Format != Format {
		return fmt.Errorf("%s was submitted by version %s of the program in format %d, and this one knows %d", j.Name, j.Version, j.Format, Format)
	}
	return nil
}

const (
	runsStream  = "hpaflow-runs"
	unitsStream = "hpaflow-units"
	deadStream  = "hpaflow-dead"

	// MaxDeliver is how often a unit is handed out.
	MaxDeliver = 5
)

func runSubject(id string) string            { return "hpaflow.runs." + id }
func unitSubject(id string, unit int) string { return fmt.Sprintf("hpaflow.units.%s.%d", id, unit) }
func unitSubjects(id string) string          { return "hpaflow.units." + id + ".*" }
func consumerName(id string) string          { return "job-" + id }
func deadSubject(id string) string {
	return "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + unitsStream + "." + consumerName(id)
}

// Submit makes known a job, and makes what the broker needs for it. It may be
// called again, by others too, and then changes nothing but the lease.
func (c *Client) Submit(ctx context.Context, j *Job) error {
	replicas := 1
	if len(c.nc.Servers()) >= 3 {
		replicas = 3
	}
	for _, s := range []jetstream.StreamConfig{
		{Name: runsStream, Subjects: []string{"hpaflow.runs.*"}, Storage: jetstream.FileStorage, Replicas: replicas, MaxMsgsPerSubject: 1, Description: "flows whose units are queued"},
		{
			Name: unitsStream, Subjects: []string{"hpaflow.units.*.*"}, Storage: jetstream.FileStorage, Replicas: replicas, Retention: jetstream.WorkQueuePolicy,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, Description: "units of flows, a message each",
		},
		{
			Name: deadStream, Subjects: []string{deadSubject("*")[:strings.LastIndex(deadSubject("*"), ".")] + ".*"}, Storage: jetstream.FileStorage, Replicas: replicas,
			MaxMsgs: 1 << 20, Description: "units that were handed out too often",
		},
	} {
		if err := c.stream(ctx, s); err != nil {
			return err
		}
	}
	stream, err := c.js.Stream(ctx, unitsStream)
	if err != nil {
		return err
	}
	_, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName(j.ID()), FilterSubject: unitSubjects(j.ID()), AckPolicy: jetstream.AckExplicitPolicy, AckWait: j.Lease, MaxDeliver: MaxDeliver,
		MaxAckPending: 1 << 16, MaxWaiting: 1 << 13, Description: j.Name,
	})
	if err != nil {
		return fmt.Errorf("queue of %s: %w", j.Name, err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = c.js.Publish(ctx, runSubject(j.ID()), text)
	return err
}

// stream makes a stream, unless it is there.
func (c *Client) stream(ctx context.Context, s jetstream.StreamConfig) error {
	_, err := c.js.CreateStream(ctx, s)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // of an earlier run; as it was made then
	}
	if err != nil {
		return fmt.Errorf("stream %s: %w%s", s.Name, err, noJetStream(err))
	}
	return nil
}

func noJetStream(err error) string {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
		return "; the server must run with JetStream (nats-server -js)"
	}
	return ""
}

// Jobs lists the ids of all jobs.
func (c *Client) Jobs(ctx context.Context) ([]string, error) {
	stream, err := c.js.Stream(ctx, runsStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(runSubject("*")))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, subject := range slices.Sorted(maps.Keys(info.State.Subjects)) {
		ids = append(ids, subject[len(runSubject("")):])
	}
	return ids, nil
}

// Job reads a job; nil: it is there no more.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	stream, err := c.js.Stream(ctx, runsStream)
	if err == nil {
		var m *jetstream.RawStreamMsg
		if m, err = stream.GetLastMsgForSubject(ctx, runSubject(id)); err == nil {
			j := &Job{}
			return j, json.Unmarshal(m.Data, j)
		}
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	return nil, err
}

// Remove takes a job and its units off the broker. What is at work goes on until
// it finds out.
func (c *Client) Remove(ctx context.Context, id string) error {
	var faults []error
	for name, subject := range map[string]string{runsStream: runSubject(id), unitsStream: unitSubjects(id), deadStream: deadSubject(id)} {
		stream, err := c.js.Stream(ctx, name)
		if err == nil {
			err = stream.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
		if err == nil && name == unitsStream {
			if err = stream.DeleteConsumer(ctx, consumerName(id)); errors.Is(err, jetstream.ErrConsumerNotFound) {
				err = nil
			}
		}
		if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
