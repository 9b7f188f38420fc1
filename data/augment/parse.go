package augment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"hpaflow/data/regular"
)

// mostPolicy is how large the text of a policy may be.
const mostPolicy = 16 << 20

// Load reads the policy of a name: "best", or a file as Parse takes it; "none"
// is no policy.
func Load(name string) (Policy, error) {
	switch name {
	case "none":
		return nil, nil
	case "best":
		return Best(), nil
	}
	text, err := regular.Read(name, mostPolicy)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return Parse(name, text)
}

// Parse reads a policy: a JSON list of sets, each a list of pairs, each a list
// of two operations such as {"op": "Blur", "blur_limit": 5, "p": 0.25}. All
// faults are reported, as file:line, unless the text is no JSON at all.
func Parse(file string, text []byte) (Policy, error) {
	p := &parser{file: file, text: text, json: json.NewDecoder(bytes.NewReader(text))}
	var policy Policy
	err := p.list("a list of sets", func(int) error {
		set := Set{}
		policy = append(policy, set)
		i := len(policy) - 1
		return p.list("a list of pairs", func(j int) error {
			var pair Pair
			count := 0
			line := p.line()
			err := p.list("a list of two operations", func(k int) error {
				count++
				o, err := p.operation(place(i, j, k))
				if k < len(pair) {
					pair[k] = o
				}
				return err
			})
			if err == nil && count != len(pair) {
				p.fault(line, "set %d, pair %d has %d operations, want %d", i+1, j+1, count, len(pair))
			}
			policy[i] = append(policy[i], pair)
			return err
		})
	})
	if err == nil {
		if _, more := p.json.Token(); !errors.Is(more, io.EOF) {
			p.fault(p.line(), "something follows the policy")
		}
		if len(p.faults) == 0 && len(policy.Pairs()) == 0 {
			p.fault(1, "the policy has no pair of operations")
		}
	} else {
		p.faults = append(p.faults, err)
	}
	if err := errors.Join(p.faults...); err != nil {
		return nil, err
	}
	return policy, nil
}

// parser is a policy that is being read.
type parser struct {
	file   string
	text   []byte
	json   *json.Decoder
	faults []error
}

// line is where the next value stands.
func (p *parser) line() int {
	at := int(p.json.InputOffset())
	rest := p.text[at:]
	at += len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,"))
	return 1 + bytes.Count(p.text[:at], []byte("\n"))
}

func (p *parser) fault(line int, format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...)))
}

// broken is what ends the reading.
func (p *parser) broken(line int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the text ends too soon")
	}
	return fmt.Errorf("%s:%d: %w", p.file, line, err)
}

// list reads a list, of which each item is read by item.
func (p *parser) list(what string, item func(i int) error) error {
	line := p.line()
	open, err := p.json.Token()
	if err != nil {
		return p.broken(line, err)
	}
	if open != json.Delim('[') {
		return p.broken(line, fmt.Errorf("want %s, not %v", what, open))
	}
	for i := 0; p.json.More(); i++ {
		if err := item(i); err != nil {
			return err
		}
	}
	line = p.line()
	if _, err := p.json.Token(); err != nil {
		return p.broken(line, err)
	}
	return nil
}

func (p *parser) operation(place string) (Operation, error) {
	line := p.line()
	var fields map[string]json.RawMessage
	o := Operation{Numbers: map[string][]float64{}}
	if err := p.json.Decode(&fields); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			p.fault(line, "%s: want an operation, not a %s", place, kind.Value)
			return o, nil
		}
		return o, p.broken(line, err)
	}
	clean := true
	if raw, found := fields["p"]; !found {
		clean = false
		p.fault(line, "%s: p is missing", place)
	} else if json.Unmarshal(raw, &o.P) != nil {
		clean = false
		p.fault(line, "%s: p is %s, want a probability", place, raw)
	}
	if json.Unmarshal(fields["op"], &o.Kind) != nil {
		p.fault(line, "%s: no op that names it", place)
		return o, nil
	}
	for name, raw := range fields {
		if name == "op" || name == "p" {
			continue
		}
		var one float64
		var several []float64
		switch {
		case json.Unmarshal(raw, &one) == nil && string(raw) != "null":
			o.Numbers[name] = []float64{one}
		case json.Unmarshal(raw, &several) == nil && several != nil:
			o.Numbers[name] = several
		default:
			clean = false
			p.fault(line, "%s: %s: %s is %s, want a number", place, o.Kind, name, raw)
		}
	}
	if clean {
		for _, fault := range o.faults() {
			p.fault(line, "%s: %v", place, fault)
		}
	}
	return o, nil
}
