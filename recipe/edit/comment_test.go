package edit

import "testing"

// Comments that are not read as what is in them are possible, and said to be final.
func TestCommentHint(t *testing.T) {
	tests := []struct {
		format, src, path string
		final             bool
	}{
		{"nginx", "location /a {\n    deny all;\n}\n", "location", false},
		{"nginx", "location /a { deny all; }\n", "location", true},
		{"yaml", "a:\n  b: 1\n  c: 2\n", "a", false},
		{"yaml", "a:\n  b: |\n    text\n", "a", true},
		{"apache", "<Location />\n    Require local\n</Location>\n", "Location", false},
		{"ini", "[a]\nb = 1\n", "a/b", false},
	}
	for _, tt := range tests {
		res, err := Apply(Input{Name: "f", Format: tt.format, Bytes: []byte(tt.src), Ops: readOps(t, `comment = "`+tt.path+`"`)})
		if err != nil {
			t.Errorf("%s %q: %s", tt.format, tt.src, explain(err))
			continue
		}
		if final := res.Done[0].Hint != ""; final != tt.final {
			t.Errorf("%s %q: hint %q", tt.format, tt.src, res.Done[0].Hint)
		}
	}
}
