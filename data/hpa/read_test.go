package hpa

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"hpaflow/data"
)

// entry is a gene as the Atlas writes it, of release 25.
const entry = `<?xml version="1.0" encoding="UTF-8"?>
<proteinAtlas xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" schemaVersion="3.1">
 <!-- > everything <that> is passed over -->
 <entry version="25" url="http://www.proteinatlas.org/ENSG00000000003">
  <name>TSPAN6</name>
  <synonym>T245</synonym>
  <identifier id="ENSG00000000003" db="Ensembl" version="109"><xref id="O43657" db="Uniprot/SWISSPROT"/></identifier>
  <tissueExpression source="HPA" technology="IHC"><image imageType="selected"><imageUrl>http://images.proteinatlas.org/4109/9_A_1_rna_selected.jpg</imageUrl></image></tissueExpression>
  <cellExpression source="HPA" technology="ICC/IF"><summary><![CDATA[Localized to the <cytosol> & more.]]></summary>
   <data><location status="main">cytosol</location></data></cellExpression>
  <antibody id="HPA004109" releaseVersion="1">
   <antigenSequence>MKAVL</antigenSequence>
   <tissueExpression technology="IHC"><data><location>cytoplasmic/membranous</location><assayImage><image imageType="sampleImage"><imageUrl>http://images.proteinatlas.org/4109/1_A_1.jpg</imageUrl></image></assayImage></data></tissueExpression>
   <cellExpression source="HPA" technology="ICC/IF">
    <subAssay type="human">
     <verification type="validation">approved</verification>
     <image imageType="selected" description="localized &gt; to"><imageUrl>http://images.proteinatlas.org/4109/if_selected.jpg</imageUrl></image>
     <data>
      <cellLine cellosaurusID="CVCL_0036" organ='Kidney &amp; "urinary" bladder'>RT4</cellLine>
      <location GOId="GO:0001650">Nucleoli fibrillar center</location>
      <location GOId="GO:0005829">Cytosol</location><location>Vesicles</location>
      <assayImage>
       <image imageType="sampleImage"><channel color="blue">nucleus</channel>
        <imageUrl>http://images.proteinatlas.org/4109/1843_B2_17_cr5af971a263864_blue_red_green.jpg</imageUrl></image>
       <image imageType="sampleImage"><imageUrl>http://images.proteinatlas.org/4109/1843_B2_30_red_green.jpg</imageUrl></image>
       <image imageType="other"><imageUrl>http://images.proteinatlas.org/4109/1843_B2_31_blue.jpg</imageUrl></image>
      </assayImage>
     </data>
     <data><assayImage><image imageType="sampleImage"><imageUrl>http://images.proteinatlas.org/4109/23_H11_1_blue_red_green.jpg</imageUrl></image></assayImage><cellLine>U&#45;2 OS</cellLine></data>
    </subAssay>
    <subAssay type="sirna"><data><cellLine>U-2 OS</cellLine><assayImage><image imageType="sampleImage"><imageUrl>http://images.proteinatlas.org/4109/si28_H2_2_blue_red_green.jpg</imageUrl></image>
      <image imageType="sampleImage"><imageUrl>http://images.proteinatlas.org/4109/overview.jpg</imageUrl></image></assayImage></data></subAssay>
   </cellExpression>
  </antibody>
  <antibody id="HPA036770"><cellExpression technology="ICC/IF"><subAssay type="human"/></cellExpression></antibody>
  <antibody id="CAB000001"/>
 </entry>
</proteinAtlas>
`

func readAll(t *testing.T, in io.Reader) (images []Image, tally Tally, err error) {
	t.Helper()
	err = Read(in, &tally, func(i Image) error {
		images = append(images, i)
		return nil
	})
	return images, tally, err
}

func TestRead(t *testing.T) {
	first := Image{
		Name: Name{"4109", "1843_B2_17", "_cr5af971a263864"}, Gene: "ENSG00000000003", GeneName: "TSPAN6", Antibody: "HPA004109",
		Reliability: "approved", Assay: "human", CellLine: "RT4", Locations: []string{"Nucleoli fibrillar center", "Cytosol", "Vesicles"},
		URL: "http://images.proteinatlas.org/4109/1843_B2_17_cr5af971a263864_blue_red_green.jpg", Release: "25",
	}
	second, third := first, first
	second.Name, second.URL = Name{"4109", "1843_B2_30", ""}, "http://images.proteinatlas.org/4109/1843_B2_30_red_green.jpg"
	third.Name, third.URL = Name{"4109", "23_H11_1", ""}, "http://images.proteinatlas.org/4109/23_H11_1_blue_red_green.jpg"
	third.CellLine, third.Locations = "U-2 OS", nil
	want := []Image{first, second, third}
	tally := Tally{
		Entries: 1, Antibodies: 3, Unstained: 1, Imageless: Some{1, []string{"HPA036770"}}, Images: 3,
		KnockDowns: Some{1, []string{"4109/si28_H2_2_blue_red_green.jpg"}},
		Odd:        Some{1, []string{"4109/overview.jpg"}},
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, entry)
	z.Close()
	begins, ends := strings.Index(entry, "<entry"), strings.Index(entry, "</proteinAtlas>")
	for name, in := range map[string]io.Reader{
		"whole": strings.NewReader(entry), "of one gene": strings.NewReader(entry[begins:ends]), "with a mark": strings.NewReader("\xef\xbb\xbf" + entry),
		"byte by byte": iotest.OneByteReader(strings.NewReader("\xef\xbb\xbf" + entry)), "in halves": iotest.HalfReader(strings.NewReader(entry)),
		"in gzip": &packed, "prefixed": strings.NewReader(strings.NewReplacer("</", "</a:", "<entry", "<a:entry").Replace("") + entry),
	} {
		got, counts, err := readAll(t, in)
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(counts, tally) {
			t.Errorf("%s: %v\n%+v\n%+v", name, err, got, counts)
		}
	}
	enough := errors.New("enough")
	if err := Read(strings.NewReader(entry), &Tally{}, func(Image) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error of yield becomes %v", err)
	}
}

// What is not the Atlas' XML is refused, by a word that says what is wrong with it.
func TestReadRefuses(t *testing.T) {
	var twice, cut bytes.Buffer
	z := gzip.NewWriter(&twice)
	z2 := gzip.NewWriter(z)
	io.WriteString(z2, entry)
	z2.Close()
	z.Close()
	z = gzip.NewWriter(&cut)
	io.WriteString(z, entry)
	z.Close()
	body := func(inside string) string { return "<entry><identifier id='ENSG7'/>" + inside + "</entry>" }
	for text, want := range map[string]string{
		"":                           "has no entry: it is not the Atlas' XML",
		"<html><body></body></html>": "has no entry: it is not the Atlas' XML",
		"PK\x03\x04xxxxxxxxxxxxxx":   "is a zip file",
		"\xff\xfe<\x00":              "is in UTF-16",
		"Not found":                  `is no XML: it begins with "Not found"`,
		"<!DOCTYPE html><html/>":     "declares a document type",
		`<!DOCTYPE a [<!ENTITY b "bbbb">]><entry>&b;</entry>`:   "declares a document type",
		`<?xml version="1.0" encoding="ISO-8859-1"?><entry/>`:   `byte 0: it is encoded as "ISO-8859-1"; UTF-8 is read`,
		body("<name>&b;</name>"):                                "ENSG7: byte 40: &b; is no entity that XML has by itself",
		body("<name>&#0;</name>"):                               "&#0; is no entity",
		body("<name>a & b</name>"):                              `is no reference`,
		body("<name>\xff</name>"):                               "is no UTF-8",
		body("<name>\x01</name>"):                               "has a control character",
		body("<a></b>"):                                         "</b> closes what is not open",
		body("<a>"):                                             "</entry> closes what is not open",
		"<entry><name>":                                         `the file ends within the element "name"`,
		"<entry><name":                                          `the file ends within ">"`,
		"<entry><!-- ":                                          `the file ends within "-->"`,
		"<entry></entry>x":                                      "text stands outside of all elements",
		"<entry></entry><![CDATA[x]]>":                          "text stands outside of all elements",
		"<entry version=25/>":                                   `the attribute "version" has no value in quotes`,
		"<entry version></entry>":                               `is no attribute`,
		"<entry><>":                                             "is no tag",
		strings.Repeat("<a>", 100):                              "elements stand in one another more than 64 deep",
		"<entry><" + strings.Repeat("a", 1<<17) + ">":           `is longer than 65536 bytes`,
		body("<name>" + strings.Repeat("a", 1<<17) + "</name>"): "a text is longer than 65536 bytes",
		body("<name><![CDATA[" + strings.Repeat("a", 1<<17) + "]]></name>"): "a text is longer than 65536 bytes",
		twice.String():                          "holds gzip within gzip",
		cut.String()[:cut.Len()/2]:              "gzip: the file ends early",
		cut.String()[:cut.Len()-8] + "12345678": "gzip: ",
	} {
		_, _, err := readAll(t, strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
	broken := errors.New("the disk is gone")
	if _, _, err := readAll(t, io.MultiReader(strings.NewReader(entry[:800]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a fault of reading becomes %v", err)
	}
	many := body("<antibody id='a'><cellExpression technology='ICC/IF'><subAssay><data>" +
		strings.Repeat("<assayImage><image imageType='sampleImage'><imageUrl>x</imageUrl></image></assayImage>", mostInData+1))
	if _, _, err := readAll(t, strings.NewReader(many)); err == nil || !strings.Contains(err.Error(), "list more than 10000 things") {
		t.Error(err)
	}
}

// What is passed over may be of any length, and takes no memory.
func TestReadPassesOver(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	text := "<proteinAtlas><!--" + long + "--><entry><summary>" + long + "<![CDATA[" + long + "]]></summary></entry></proteinAtlas>"
	if _, tally, err := readAll(t, strings.NewReader(text)); err != nil || tally.Entries != 1 {
		t.Errorf("%+v, %v", tally, err)
	}
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	antibody := entry[strings.Index(entry, "<antibody"):strings.Index(entry, "<antibody id=\"HPA036770")]
	big := io.MultiReader(strings.NewReader("<entry>"), io.LimitReader(&repeating{text: antibody}, 8<<20))
	images, before := 0, uint64(0)
	err := Read(big, &Tally{}, func(Image) error {
		if images++; images == 100 {
			before = held()
		}
		return nil
	})
	if err == nil || images < 5_000 {
		t.Errorf("%d images, %v", images, err)
	}
	if after := held(); after > before+1<<20 {
		t.Errorf("%d bytes are held in the end, %d near the beginning", after, before)
	}
}

// repeating reads a text over and over.
type repeating struct {
	text string
	at   int
}

func (r *repeating) Read(b []byte) (int, error) {
	n := copy(b, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// FuzzRead: any file is read or refused; and where encoding/xml knows it for well
// formed, the tags are those that encoding/xml finds.
func FuzzRead(f *testing.F) {
	f.Add([]byte(entry))
	for _, s := range []string{"<entry/>", "<a b='>'></a>", "<a><!-- --><?b?>&amp;</a >", "<a\n/>", "<x:a></x:a>", "\x1f\x8b\x08", "<a b=\"'\"/>", "<a b='\"'>\"</a>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Read(bytes.NewReader(b), &Tally{}, func(Image) error { return nil })
		want, wellFormed := tagsOf(b)
		if !wellFormed {
			return
		}
		var got []string
		for l := newLexer(bytes.NewReader(b)); ; {
			token, err := l.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // we may refuse more
			}
			got = append(got, fmt.Sprint(token.kind, " ", string(token.name)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", b, got, want)
		}
	})
}

// tagsOf are the tags that encoding/xml finds.
func tagsOf(b []byte) (tags []string, wellFormed bool) {
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return tags, true
		}
		if err != nil {
			return nil, false
		}
		switch v := token.(type) {
		case xml.StartElement:
			tags = append(tags, fmt.Sprint(opens, " ", v.Name.Local))
		case xml.EndElement:
			tags = append(tags, fmt.Sprint(closes, " ", v.Name.Local))
		}
	}
}

func TestNames(t *testing.T) {
	for address, want := range map[string]string{
		"http://v18.proteinatlas.org/images/115/672_E2_1_blue_red_green.jpg":                "115/672_E2_1",
		"http://images.proteinatlas.org/4109/1843_B2_17_cr5af971a263864_blue_red_green.jpg": "4109/1843_B2_17_cr5af971a263864",
		"https://images.proteinatlas.org/70008/1891_A13_27_cr5bbde2d7cb3ae_red_green.jpg":   "70008/1891_A13_27_cr5bbde2d7cb3ae",
		"https://images.proteinatlas.org/70008/1891_A13_27_blue_red_green_yellow.jpg":       "70008/1891_A13_27",
		"https://images.proteinatlas.org/4109/1843_B2_17_green.tif.gz":                      "4109/1843_B2_17",
		"http://images.proteinatlas.org/4109/1843_B2_17":                                    "4109/1843_B2_17",
		"http://images.proteinatlas.org/61448/fp7_G4_1_blue_red_green.jpg":                  "61448/fp7_G4_1",
		"http://images.proteinatlas.org/30741/si28_H2_2_blue_red_green.jpg":                 "gene silenced",
		"http://images.proteinatlas.org/115/if_selected.jpg":                                "names no image",
		"http://images.proteinatlas.org/4109/1843_B2_17_cr5af971a26386_blue.jpg":            "names no image",
		"http://images.proteinatlas.org/../etc_passwd_x_blue.jpg":                           "names no image",
		"\x00": "is no address",
	} {
		name, err := ParseURL(address)
		if got := fmt.Sprint(name, err); !strings.Contains(got, want) || err == nil && name.String() != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	n, err := ParseID("4109_1843_B2_17_cr5af971a263864")
	if err != nil || n.ID() != "4109_1843_B2_17" || data.SourceOf(n.ID()) != "external" {
		t.Errorf("%v, %v", n, err)
	}
	if got, want := n.Paths(JPEG, "red"), []string{"4109/1843_B2_17_cr5af971a263864_red.jpg", "4109/1843_B2_17_red.jpg"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if got, want := n.Paths(TIFF, "red"), []string{"4109/1843_B2_17_red.tif.gz", "4109/1843_B2_17_cr5af971a263864_red.tif.gz"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	n.Mark = ""
	if got := n.Paths(TIFF, "red"); len(got) != 1 {
		t.Error(got)
	}
	for _, id := range []string{"", "x", "a_1_B_2", "1_2", "1_2_x", "1_a/b_c_4", "1_.._a_b"} {
		if n, err := ParseID(id); err == nil {
			t.Errorf("%q is read as %v", id, n)
		}
	}
}

func TestLabels(t *testing.T) {
	locations := []string{"nucleoplasm", "Rods & Rings", "Vesicles", "Focal adhesion sites", "Actin filaments", "Midbody"}
	labels, without := Challenge2018.Of(locations)
	if labels != data.LabelsOf(0, 12, 13, 27) || !slices.Equal(without, []string{"Vesicles", "Midbody"}) {
		t.Errorf("%v, %v", labels, without)
	}
	labels, without = Challenge2021.Of(locations)
	if labels != data.LabelsOf(0, 9, 17) || !slices.Equal(without, []string{"Rods & Rings", "Midbody"}) {
		t.Errorf("%v, %v", labels, without)
	}
	for _, label := range Challenge2021.labels {
		if label >= Challenge2021.Classes {
			t.Error(label)
		}
	}
	for n, name := range data.LabelNames2021 {
		if label, known := Challenge2021.labels[strings.ToLower(name)]; known != (n != 17) || known && label != n {
			t.Errorf("%s is %d, want %d", name, label, n)
		}
	}
	if _, err := LabelSetOf("x"); err == nil {
		t.Error("there is a set x")
	}
	if !SameCellLine("U-2 OS", "U2OS") || SameCellLine("U-2 OS", "U-251MG") {
		t.Error("cell lines")
	}
}
