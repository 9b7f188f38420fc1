package component

import "fmt"

// The ways to make a key of a path.
const (
	KeysName = "name" // the Id alone
	KeysPath = "path" // the folders too: plate/ID
)

// KeyChoices are the values of a field `keys`.
var KeyChoices = []string{KeysName, KeysPath}

// Limits are what the run block says of inputs: how large one may claim to be
// before a reader refuses it, what makes a sample's key, and whether an input
// may hold nothing. Readers know them before they allocate.
type Limits struct {
	Keys       string // KeysName or KeysPath
	AllowEmpty bool

	MaxPixels  int64 // width times height of an image
	MaxMember  int64 // bytes of an encoded file or of an archive's member
	MaxRows    int   // of a table
	MaxPending int   // samples that wait for channels, and
	MaxWaiting int64 // the bytes of theirs that came in a stream
	MaxKeys    int   // samples of a stream that are remembered

	MemoryBinds bool // MaxWaiting is what the run's memory leaves of it
}

var limitFields = []Field{
	{Name: "keys", Type: String, Default: KeysName, Choices: KeyChoices,
		Doc: `what makes a sample's key: "name", the Id alone; "path", with the folders it is in: plate/ID`},
	{Name: "allow_empty", Type: Bool, Default: false,
		Doc: "whether an input of which nothing is recognised is no error, as for a scheduled job"},
	{Name: "max_pixels", Type: Int, Default: 1 << 26, Min: 1, Max: 1 << 28,
		Doc: "width times height of an image, at most; a header that claims more is refused before anything is decoded"},
	{Name: "max_member", Type: Size, Default: int64(256 << 20),
		Doc: "bytes of an image's file, or of a member of an archive, at most"},
	{Name: "max_rows", Type: Int, Default: 10_000_000, Min: 1, Max: 1 << 40,
		Doc: "rows of a table, at most; a compressed one may hold 128 bytes for each, or 64 MiB, or 100 times its size"},
	{Name: "max_pending", Type: Int, Default: 1 << 20, Min: 1, Max: 1 << 40,
		Doc: "samples of a stream that wait for their other channels, at most"},
	{Name: "max_waiting", Type: Size, Default: int64(256 << 20),
		Doc: "bytes of images that wait for the other channels of their samples, at most, and never more than half of `memory`"},
	{Name: "max_keys", Type: Int, Default: 1 << 22, Min: 1, Max: 1 << 40,
		Doc: "samples of a stream, at most: it remembers them all, to tell two of one key apart"},
}

// Limits are those of the run that the node is part of.
func (n *Node) Limits() Limits {
	a := n.Run
	if a == nil {
		a = Args{}
		for _, f := range limitFields {
			a[f.Name] = f.Default
		}
	}
	l := Limits{
		Keys: a.String("keys"), AllowEmpty: a.Bool("allow_empty"),
		MaxPixels: int64(a.Int("max_pixels")), MaxMember: a.Size("max_member"), MaxRows: a.Int("max_rows"),
		MaxPending: a.Int("max_pending"), MaxWaiting: a.Size("max_waiting"), MaxKeys: a.Int("max_keys"),
	}
	if half := n.Graph.Options().Memory / 2; l.MaxWaiting > half {
		l.MaxWaiting, l.MemoryBinds = half, true
	}
	return l
}

// TakesFolders says whether a node with these arguments, in a run with these,
// looks for its inputs in the folders below its own, too.
func TakesFolders(node, run Args) bool {
	keys, _ := node["keys"].(string) // a source may differ from the run block
	if keys == "" {
		keys, _ = run["keys"].(string)
	}
	return keys == KeysPath
}

// Raise is the hint that an error ends in which meets a limit.
func Raise(limit string, enough any) string {
	return fmt.Sprintf("to allow it, write %s = %v in the flow's run block", limit, enough)
}
