{{define "normalise"}}
{{if .PerImage}}
def normalise(images):
    x = images.float()
    return (x - x.mean((2, 3), keepdim=True)) / (x.std((2, 3), correction=0, keepdim=True) + 1e-7)
{{else}}
def normalise(images):
    return (images.float() - 127.5) / 255
{{end}}{{end}}{{define "head"}}
    def forward(self, x):
        x = self.features(x)
{{- if .Grid}}
        if x.shape[-1] != {{.Grid}}:
            x = F.adaptive_avg_pool2d(x, {{.Grid}})
{{- end}}
        weight = F.softmax(self.attention(x).flatten(2), 2)
        return (self.last_linear(x).flatten(2) * weight).sum(2)


def load(folder=Path(__file__).parent):
    net = Net()
    net.load_state_dict(load_file(Path(folder) / "{{.Weights}}"), strict=False)  # auxiliary heads are for training
    return net.eval()
{{- end -}}
