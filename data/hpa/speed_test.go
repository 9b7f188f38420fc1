package hpa

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// BenchmarkRead reads an Atlas most of which is what tissues express, as the real
// one; BenchmarkEncodingXML finds its tags by encoding/xml.
func BenchmarkRead(b *testing.B) {
	b.SetBytes(benchmarked)
	for b.Loop() {
		if err := Read(benchmarkedAtlas(), &Tally{}, func(Image) error { return nil }); err == nil || !strings.Contains(err.Error(), "the file ends within") {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	b.SetBytes(benchmarked)
	for b.Loop() {
		d := xml.NewDecoder(benchmarkedAtlas())
		for {
			if _, err := d.RawToken(); err != nil {
				if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "unexpected EOF") {
					b.Fatal(err)
				}
				break
			}
		}
	}
}

const benchmarked = 32 << 20

func benchmarkedAtlas() io.Reader {
	tissue := strings.Repeat(`<data><tissue organ="Brain" ontologyTerms="UBERON:0001">cortex</tissue><tissueCell><cellType>glial cells</cellType>`+
		`<level type="staining">medium</level><quantity>&gt;75%</quantity></tissueCell></data>`+"\n", 300)
	return io.LimitReader(&repeating{text: "<entry><tissueExpression>" + tissue + "</tissueExpression>" + entry[strings.Index(entry, "<name>"):strings.Index(entry, "</proteinAtlas>")]}, benchmarked)
}
