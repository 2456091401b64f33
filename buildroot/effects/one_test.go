package effects

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// What one package's scripts changed in several waves is what the last of them
// left, and comes back from its index as it was.
func TestOf(t *testing.T) {
	by := func(pkg, path string) *layer.File {
		return layer.Content(path, 0o644, []byte(pkg), layer.Origin{Kind: layer.FromEffect, Name: pkg, What: "postinst"})
	}
	link := by("lib", "/var/other name")
	link.Type, link.Link = layer.Hardlink, "/etc/other"
	waves := []*Effects{
		{
			Index: &layer.Index{Files: []*layer.File{by("lib", "/etc/lib"), by("other", "/etc/other"), by("lib", "/etc/passwd"), link}},
			Lines: []Line{
				{File: "/etc/passwd", Key: "lib", Text: "lib:x:101:102::/:/bin/false", Package: "lib"},
				{File: "/etc/group", Key: "sound", Text: "sound:x:102:lib,they", Package: "other", Members: []Member{{User: "lib", Package: "lib"}, {User: "they", Package: "other"}}},
				{File: "/etc/group", Key: "other", Text: "other:x:103:", Package: "other"},
			},
		},
		{
			Index:   &layer.Index{Files: []*layer.File{by("lib", "/etc/lib")}},
			Reports: []Report{{Kind: Secret, Path: "/etc/key", Package: "lib"}, {Kind: Dropped, Path: "/x", Package: "lib"}, {Kind: Secret, Path: "/etc/k", Package: "other"}},
		},
	}
	x, err := Of("lib", waves)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := layer.WriteIndex(&text, x); err != nil {
		t.Fatal(err)
	}
	read, err := layer.ParseIndex(text.String())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Kept(read)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range got.Index.Files {
		files = append(files, fmt.Sprintf("%c %s", f.Type, f.Path))
	}
	if want := []string{"f /etc/lib", "f /var/other name"}; !reflect.DeepEqual(files, want) {
		t.Errorf("files %q, not %q", files, want)
	}
	if x.Files[0] != waves[1].Index.Files[0] || string(x.Files[1].Data) != "other" {
		t.Error("the files are not as the last wave left them")
	}
	wantLines := []Line{waves[0].Lines[0], {File: "/etc/group", Key: "sound", Package: "other", Members: []Member{{User: "lib", Package: "lib"}}}}
	if !reflect.DeepEqual(got.Lines, wantLines) {
		t.Errorf("lines %+v", got.Lines)
	}
	if !reflect.DeepEqual(got.Reports, waves[1].Reports[:1]) {
		t.Errorf("reports %+v", got.Reports)
	}
	if x, err := Of("nobody", waves); x != nil || err != nil {
		t.Errorf("of a package without scripts: %v, %v", x, err)
	}
}
