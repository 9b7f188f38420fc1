package names

// Ready is a pattern that has a name of its own.
type Ready struct {
	Name    string
	Pattern string
	Example string // a name of a file
	Doc     string
}

// The expressions of parts that several instruments' names have.
const (
	well = `[A-Z]{1,2}[0-9]{1,2}`
	uuid = `[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`
)

// ready are the ready patterns; of two that fit as many names, the first is proposed.
var ready = []Ready{
	{
		Name:    "opera",
		Pattern: `{well:r[0-9]+c[0-9]+}{field:f[0-9]+}p{z}-{channel:ch[0-9]+}sk{t}{*:fk[0-9]+fl[0-9]+}`,
		Example: "r01c01f01p01-ch1sk1fk1fl1.tiff",
		Doc:     "Opera Phenix and Operetta (Harmony): row, column, field, plane of focus, channel, time",
	},
	{
		Name:    "cellvoyager",
		Pattern: `{plate}_{well:` + well + `}_T{t}{field:F[0-9]+}{*:L[0-9]+A[0-9]+}Z{z}{channel:C[0-9]+}`,
		Example: "PLATE_A01_T0001F001L01A01Z01C01.tif",
		Doc:     "Yokogawa CellVoyager: plate, well, time, field, slice, channel",
	},
	{
		Name:    "imagexpress",
		Pattern: `[{plate:.+?}_][t{t}_]{well:` + well + `}[_{site:s[0-9]+}]_{channel:w[0-9]+}[_z{z}][{*:` + uuid + `}]`,
		Example: "PLATE_A01_s1_w1" + "6D2A1D4C-7C88-4C4E-8C4B-8F53FAC1F1B2.tif",
		Doc:     "ImageXpress (MetaXpress): plate, well, site, wavelength; thumbnails (_thumb) are passed over",
	},
	{
		Name:    "cellpainting",
		Pattern: `{id}_{channel:(?:Orig|Corr)[A-Za-z0-9]+}`,
		Example: "PLATE_A01_1_OrigDNA.tif",
		Doc:     "Cell Painting as CellProfiler's pipelines name channels: OrigDNA, OrigER, OrigRNA, OrigAGP, OrigMito, or Corr...",
	},
	{
		Name:    "hpa",
		Pattern: `{id:.+?}[_cr{*:[0-9a-f]{13}}]_{channel:red|green|blue|yellow}`,
		Example: "1_A1_1_red.png",
		Doc:     "Human Protein Atlas: plate, well, field, colour; the _cr part of today's names is passed over",
	},
}

// ReadyPatterns are those that have names.
func ReadyPatterns() []Ready { return append([]Ready(nil), ready...) }

// Nearest is the ready pattern that fits the most of some names, and how many;
// nil: none fits any.
func Nearest(list []string) (best *Pattern, fits int) {
	for _, r := range ready {
		p, err := Parse(r.Name)
		if err != nil {
			panic("names: " + r.Name + ": " + err.Error())
		}
		n := 0
		for _, name := range list {
			if _, ok := p.Values(name); ok {
				n++
			}
		}
		if n > fits {
			best, fits = p, n
		}
	}
	return best, fits
}
