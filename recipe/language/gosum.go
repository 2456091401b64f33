package language

import (
	"strings"

	"golang.org/x/mod/module"
)

// gosum reads go.sum (go.dev/ref/mod#go-sum-files): a module's zip, or its go.mod
// alone, a line. The cache is a module proxy as files (#goproxy-protocol).
func (r *reading) gosum() {
	n := 0
	for line := range strings.Lines(string(r.Data)) {
		n++
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 || !strings.HasPrefix(f[2], "h1:") {
			r.bad(n, "run `go mod tidy`", "this is no line of go.sum: module, version and h1:DIGEST")
			continue
		}
		version, modOnly := strings.CutSuffix(f[1], "/go.mod")
		if f[0] == "golang.org/toolchain" {
			continue // the Go of the buildroot is used, and no other
		}
		name, err := module.EscapePath(f[0])
		if err != nil {
			r.bad(n, "", "%v", err)
			continue
		}
		escaped, err := module.EscapeVersion(version)
		if err != nil {
			r.bad(n, "", "%v", err)
			continue
		}
		file := name + "/@v/" + escaped + ".zip"
		if modOnly {
			file = name + "/@v/" + escaped + ".mod"
		}
		r.add(Item{Name: f[0] + " " + f[1], URL: or(r.Registries.Go, publicGo) + "/" + file, At: "go/" + file, H1: f[2]})
	}
}
