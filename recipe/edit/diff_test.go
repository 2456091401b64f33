package edit

import "testing"

func TestDiff(t *testing.T) {
	tests := []struct{ name, in, ops, want string }{
		{"value", "a\nb\nc\nd\ne x\nf\ng\nh\ni\n", `replace = "e x", with = "e y"`, "@@ -2,7 +2,7 @@\n b\n c\n d\n-e x\n+e y\n f\n g\n h\n"},
		{"new line", "a\nb\n", `line = "c"`, "@@ -1,2 +1,3 @@\n a\n b\n+c\n"},
		{"first line", "a\nb\n", `line = "c", where = "start"`, "@@ -1,2 +1,3 @@\n+c\n a\n b\n"},
		{"no line end", "a", `line = "c"`, "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+c\n\\ No newline at end of file\n"},
		{"taken away", "a\nb\nc\n", `delete-line = "b"`, "@@ -1,3 +1,2 @@\n a\n-b\n c\n"},
		{"to nothing", "a\n", `delete-line = "a"`, "@@ -1 +0,0 @@\n-a\n"},
		{"from nothing", "", `line = "a"`, "@@ -0,0 +1 @@\n+a\n"},
		{"far apart", "x\n1\n2\n3\n4\n5\n6\n7\nx\n", `replace = "x", with = "yy\nz", count = 2`, "@@ -1,4 +1,5 @@\n-x\n+yy\n+z\n 1\n 2\n 3\n@@ -6,4 +7,5 @@\n 5\n 6\n 7\n-x\n+yy\n+z\n"},
		{"near", "x\n1\nx\n", `replace = "x", with = "y", count = 2`, "@@ -1,3 +1,3 @@\n-x\n+y\n 1\n-x\n+y\n"},
		{"nothing", "a\n", `line = "a"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := Apply(Input{Name: "f", Format: "text", Bytes: []byte(tt.in), Ops: readOps(t, tt.ops)})
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want != "" {
				want = "--- a/f\n+++ b/f\n" + want
			}
			got := Diff("/f", []byte(tt.in), res)
			if got != want {
				t.Fatalf("got:\n%s\nwant:\n%s", got, want)
			}
			if got == "" {
				return
			}
			// The difference, applied by patch, makes the result.
			back, err := Apply(Input{Name: "f", Bytes: []byte(tt.in), Files: map[string][]byte{"d": []byte(got)}, Ops: []Op{{Verb: Patch, Text: "d"}}})
			if err != nil || string(back.Bytes) != string(res.Bytes) {
				t.Fatalf("applied: %q, %v", back.Bytes, err)
			}
		})
	}
}
