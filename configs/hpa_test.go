package configs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/table"
	"hpaflow/flow"
)

// atlasEntry is a gene's XML, with one antibody and these images of a cell line.
func atlasEntry(gene, name, antibody, line string, locations []string, urls ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<entry version=\"25\"><name>%s</name><identifier id=%q db=\"Ensembl\"/><antibody id=%q><cellExpression source=\"HPA\" technology=\"ICC/IF\">"+
		"<subAssay type=\"human\"><verification type=\"validation\">approved</verification><data><cellLine>%s</cellLine>", name, gene, antibody, line)
	for _, l := range locations {
		fmt.Fprintf(&b, "<location GOId=\"GO:0\">%s</location>", l)
	}
	b.WriteString("<assayImage>")
	for _, u := range urls {
		fmt.Fprintf(&b, "<image imageType=\"sampleImage\"><imageUrl>%s</imageUrl></image>", u)
	}
	b.WriteString("</assayImage></data></subAssay></cellExpression></antibody></entry>")
	return b.String()
}

const geneA, geneB, geneC = "ENSG00000000001", "ENSG00000000002", "ENSG00000000003"

// An antibody of two genes is listed with both; genes that cannot be had are dead
// letters; labels follow from locations by the set that is asked for.
func TestHPATable(t *testing.T) {
	shared := "http://images.proteinatlas.org/41/7_A1_1_cr5af971a263864_blue_red_green.jpg"
	pages := map[string]string{
		geneA:             atlasEntry(geneA, "AAA", "HPA000041", "U-2 OS", []string{"Cytosol", "Vesicles"}, shared, "http://images.proteinatlas.org/41/si3_A1_1_blue_red_green.jpg"),
		geneB:             atlasEntry(geneB, "BBB", "HPA000041", "U-2 OS", []string{"Cytosol", "Vesicles"}, shared) + atlasEntry(geneB, "BBB", "HPA000042", "A-431", []string{"Midbody"}, "http://images.proteinatlas.org/42/8_B2_3_blue_red_green.jpg"),
		"ENSG00000000004": "<html><body>not found</body></html>",
		"ENSG00000000005": atlasEntry(geneA, "AAA", "HPA000041", "U-2 OS", nil, shared),
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, known := pages[strings.TrimSuffix(r.URL.Path[1:], ".xml")]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(page))
	}))
	defer web.Close()
	dir := t.TempDir()
	file, letters := filepath.Join(dir, "hpa.csv"), filepath.Join(dir, "failed.jsonl")
	list := func(sets ...string) []string {
		t.Helper()
		mustRun(t, "hpa-table.flow", flow.Options{}, append(sets, "table="+file, "dead_letters="+letters, "gene_url="+web.URL+"/{gene}.xml")...)
		return strings.Split(strings.TrimSpace(string(mustRead(t, file))), "\n")
	}
	got := list("genes=" + strings.Join([]string{geneA, geneB, geneC, "ENSG00000000004", "ENSG00000000005"}, ","))
	want := []string{
		"Id,Target,Gene,GeneName,Antibody,Reliability,CellLine,Locations,URL,Release,Licence",
		"41_7_A1_1,25," + geneA + ";" + geneB + ",AAA;BBB,HPA000041,approved,U-2 OS,Cytosol;Vesicles," + shared + ",25,CC BY-SA 4.0",
		"42_8_B2_3,," + geneB + ",BBB,HPA000042,approved,A-431,Midbody,http://images.proteinatlas.org/42/8_B2_3_blue_red_green.jpg,25,CC BY-SA 4.0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	causes := deadLetters(t, letters)
	for gene, cause := range map[string]string{
		geneC: "the server says 404 Not Found", "ENSG00000000004": "has no entry: it is not the Atlas' XML", "ENSG00000000005": "ENSG00000000005.xml is of " + geneA,
	} {
		if !strings.Contains(causes[gene], cause) {
			t.Errorf("%s: %q", gene, causes[gene])
		}
	}
	if rows, err := table.Read(file, 28); err != nil || len(rows) != 2 {
		t.Errorf("as a table of labels: %v, %v", rows, err)
	}

	xml := filepath.Join(dir, "atlas.xml")
	if err := os.WriteFile(xml, []byte("<proteinAtlas>"+pages[geneA]+pages[geneB]+"</proteinAtlas>"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = list("xml="+xml, "labels=hpa2021", "labelled=true", "cell_lines=U2OS")
	if len(got) != 2 || !strings.HasPrefix(got[1], "41_7_A1_1,16 17,") {
		t.Errorf("%q", got)
	}
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	list("xml="+xml, "labels=hpa2021", "labelled=true", "cell_lines=U2OS")
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("the same XML has made the table again (%v)", err)
	}
	if got = list("xml="+xml, "genes="+geneB+","+geneC, "limit=1"); len(got) != 2 {
		t.Errorf("%q", got)
	}
	list("xml="+xml, "genes="+geneC+","+geneB)
	if cause := deadLetters(t, letters)[geneC]; !strings.Contains(cause, "has no image of this gene") {
		t.Errorf("%q", cause)
	}
	_, err = run(t, "hpa-table.flow", flow.Options{}, "xml="+xml, "cell_lines=MCF7", "table="+file)
	if err == nil || !strings.Contains(err.Error(), "no image is left. 0 of 3 images in 3 genes with 3 antibodies; passed over, of other cell lines: U-2 OS 2, A-431 1") {
		t.Error(err)
	}
}
