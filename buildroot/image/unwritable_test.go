package image

import (
	"slices"
	"testing"
)

// TestUnwritable: /var/lib/nginx belongs to www-data; only what nothing makes
// writable is noted, and only for whom the image runs as.
func TestUnwritable(t *testing.T) {
	const head = "[depends]\nruntime = [\"nginx\"]\n[image]\nentrypoint = [\"nginx\"]\n"
	const said = "the image's user can write to /var/lib/nginx only where the root is not read-only: `state` makes a directory last, `scratch` lets it vanish"
	for _, c := range []struct {
		image string
		noted bool
	}{
		{"user = \"www-data\"", true},
		{"user = \"root\"", false},
		{"user = \"www-data\"\nstate = [\"/var/lib\"]", false},
		{"user = \"www-data\"\nscratch = [\"/var/lib/nginx\"]", false},
		{"user = \"www-data\"\nscratch = [\"/var/lib/nginx/tmp\"]", true},
	} {
		w := whole(t)
		w.recipe = head + c.image
		r, err := Assemble(t.Context(), w.input(t))
		if err != nil {
			t.Fatal(printed(err))
		}
		if got := slices.Contains(r.Report.Notes, said); got != c.noted {
			t.Errorf("%s: notes %q", c.image, r.Report.Notes)
		}
	}
}
