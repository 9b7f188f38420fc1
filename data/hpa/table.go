package hpa

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/table"
)

// Licence is what the Atlas' images may be used under; its page about licences
// says so of the release at hand.
const Licence = "CC BY-SA 4.0"

// Row is a row of a table of images.
type Row struct {
	Image
	Labels  data.Labels
	Genes   []string // Ensembl numbers of all genes that the antibody is of
	Names   []string // of these genes
	Licence string
}

// columns are those of a table.
var columns = []string{"Id", "Target", "Gene", "GeneName", "Antibody", "Reliability", "CellLine", "Locations", "URL", "Release", "Licence"}

// between separates several values in a field.
const between = ";"

// WriteTable writes rows as CSV: Id, Target and what is known of each image.
func WriteTable(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	out.Write(columns)
	for _, r := range rows {
		out.Write([]string{
			r.ID(), r.Labels.String(), strings.Join(r.Genes, between), strings.Join(r.Names, between), r.Antibody, r.Reliability,
			r.CellLine, strings.Join(r.Locations, between), r.URL, r.Release, r.Licence,
		})
	}
	out.Flush()
	return out.Error()
}

// ReadTable reads a table that WriteTable has written, or any CSV of images: with
// their Ids, NUM_PLATE_WELL_FOV, or their addresses in a column URL or Image. Of
// several rows of an image the first counts. Rows of silenced genes are passed
// over and counted.
func ReadTable(path string, limit table.Limit, classes int) (rows []Row, silenced Some, err error) {
	seen := map[string]int{}
	may := append([]string{"Image"}, columns...)
	err = limit.Scan(path, table.Columns{May: may}, func(f table.Fields) error {
		get := func(column string) string { return strings.Clone(f.Get(slices.Index(may, column))) }
		r := Row{Image: Image{URL: get("URL")}}
		if r.URL == "" {
			r.URL = get("Image")
		}
		var err error
		switch id := get("Id"); {
		case r.URL != "":
			if r.Name, err = ParseURL(r.URL); err == nil && id != "" && !sameImage(id, r.Name) {
				err = fmt.Errorf("%s is not the Id of %s", id, r.URL)
			}
		case id != "":
			r.Name, err = ParseID(id)
		default:
			return errors.New("neither Id nor URL is given; one of the columns Id, URL, Image must name the image")
		}
		if _, is := errors.AsType[*KnockDownError](err); is {
			silenced.Add(r.URL + get("Id"))
			return nil
		}
		if err != nil {
			return err
		}
		if r.Labels, err = data.ParseLabels(get("Target"), classes); err != nil {
			return fmt.Errorf("%s: %w", r.ID(), err)
		}
		if _, twice := seen[r.ID()]; twice {
			return nil
		}
		seen[r.ID()] = f.Line
		r.Genes, r.Names, r.Locations = parts(get("Gene")), parts(get("GeneName")), parts(get("Locations"))
		r.Antibody, r.Reliability, r.CellLine = get("Antibody"), get("Reliability"), get("CellLine")
		r.Release, r.Licence = get("Release"), get("Licence")
		rows = append(rows, r)
		return nil
	})
	return rows, silenced, err
}

// sameImage says whether an Id is that of a name, with its mark or without.
func sameImage(id string, n Name) bool { return id == n.ID() || id == n.ID()+n.Mark }

func parts(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, between)
}

// Rows gathers images as the rows of a table: one for each Id, with all genes that
// name it.
type Rows struct {
	Set     LabelSet
	Without Counts // images by location that has no label
	Bare    int    // images none of whose locations has a label
	Again   int    // images that were named before, by another gene

	list []Row
	at   map[string]int
}

// Add takes an image in, and says whether it is one more.
func (r *Rows) Add(i Image, licence string) (more bool) {
	if r.at == nil {
		r.at, r.Without = map[string]int{}, Counts{}
	}
	id := i.ID()
	if at, twice := r.at[id]; twice {
		r.Again++
		if row := &r.list[at]; !slices.Contains(row.Genes, i.Gene) {
			row.Genes, row.Names = append(row.Genes, i.Gene), append(row.Names, i.GeneName)
		}
		return false
	}
	row := Row{Image: i, Genes: []string{i.Gene}, Names: []string{i.GeneName}, Licence: licence}
	var without []string
	row.Labels, without = r.Set.Of(i.Locations)
	for _, location := range without {
		r.Without[location]++
	}
	if row.Labels == 0 {
		r.Bare++
	}
	r.at[id] = len(r.list)
	r.list = append(r.list, row)
	return true
}

// List are the rows, in the order their images came.
func (r *Rows) List() []Row { return r.list }
