package statedict

import (
	"slices"
	"strings"
	"testing"
)

// smallNetwork is that of testdata/wrapped.py: names and shapes.
func smallNetwork() []Tensor {
	return []Tensor{{Name: "conv1.weight", Shape: []int{2, 3, 1, 2}}, {Name: "bn1.weight", Shape: []int{2}}, {Name: "last_linear.weight", Shape: []int{5, 2}}}
}

func smallNames() Names {
	return Names{
		Head: func(name string) bool { return strings.HasPrefix(name, "last_linear") },
		Instead: func(name string) []string {
			if rest, head := strings.CutPrefix(name, "last_linear."); head {
				return []string{"fc." + rest, "classifier." + rest}
			}
			return nil
		},
	}
}

// plus is counting with something added.
func plus(n int, add float32) []float32 {
	v := counting(n)
	for i := range v {
		v[i] += add
	}
	return v
}

// Checkpoints as people have them: the weights are found wherever they are
// wrapped and whatever their names begin with, and what is kept beside them is
// passed over. Of several the plain ones are taken, and it is said.
func TestForFindsTheWeights(t *testing.T) {
	for _, c := range []struct {
		file string
		add  float32
		note string
	}{
		{"beside2.pth", 0, "names without module."},
		{"beside4.pth", 0, "names without module."},
		{"beside_legacy.pth", 0, ""},
		{"averaged.pth", 0, "the weights of state_dict; state_dict_ema fits too, and is taken with testdata/averaged.pth#state_dict_ema"},
		{"averaged.pth#state_dict_ema", 8, "the weights of state_dict_ema"},
		{"inside.pth", 0, "the weights of model; names without module.model.backbone.; ema.module fits too"},
		{"inside.pth#ema.module", 8, "the weights of ema.module"},
		{"compiled.pth", 0, "names without _orig_mod.model."},
		{"beside_head.pth", 0, "names without encoder."},
	} {
		t.Run(c.file, func(t *testing.T) {
			f, err := Open("testdata/" + c.file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			tensors, note, err := f.For(smallNetwork(), smallNames())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(note, c.note) || c.note == "" && note != "" {
				t.Errorf("note %q, want %q", note, c.note)
			}
			want := smallNetwork()
			for i := range want {
				want[i].Data = make([]float32, size(want[i].Shape))
			}
			list, report, err := Fit(want, tensors, smallNames())
			if err != nil || report.Used != 3 || report.Initial != nil {
				t.Fatalf("%v, %v", report, err)
			}
			for i, w := range list {
				if !slices.Equal(w.Data, plus(len(want[i].Data), c.add)) {
					t.Errorf("%s is %v", w.Name, w.Data)
				}
			}
		})
	}
}

func TestForSaysWhatDoesNotFit(t *testing.T) {
	other := []Tensor{{Name: "conv1.weight", Shape: []int{2, 3, 1, 2}}, {Name: "layer1.weight", Shape: []int{2}}}
	for file, want := range map[string]string{
		"averaged.pth":     "state_dict_ema: tensor layer1.weight is missing",
		"averaged.pth#ema": "testdata/averaged.pth holds no state dict ema; there is state_dict_ema, state_dict",
		"beside2.pth":      "state_dict: tensor layer1.weight is missing",
	} {
		f, err := Open("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err = f.For(other, Names{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", file, err, want)
		}
		f.Close()
	}
}

// A name that two prefixes lead to belongs to the one that most tensors have.
func TestRenamingTakesOnePrefix(t *testing.T) {
	known := map[string]bool{"a": true, "b": true, "c": true, "head": true}
	var list []Tensor
	for _, name := range []string{"model.a", "model.b", "model.c", "module.a", "a", "head", "loss.x", "model.num_batches_tracked"} {
		list = append(list, Tensor{Name: name})
	}
	var got []string
	for _, w := range renamingOf(list, known).rename(list) {
		got = append(got, w.Name)
	}
	if want := []string{"a", "b", "c", "another module.a", "another a", "head", "loss.x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
