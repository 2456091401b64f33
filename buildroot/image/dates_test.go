package image

import "testing"

// What a recipe puts into a package's directory, or takes out of it, gives that a
// time that no script has seen, in the last layer alone; other directories keep
// theirs, also on an image.
func TestTouch(t *testing.T) {
	const newest = 1700000000 // of all packages' files, and of a directory
	c := check{
		world: `
			package fonts-a 1
			d /usr/share/fonts
			d /usr/share/fonts/a mtime=1690000000
			f /usr/share/fonts/a/a.ttf
			d /usr/share/fonts/gone mtime=1690000000
			f /usr/share/fonts/gone/gone.ttf
			f /usr/share/fonts/gone/other.ttf
			d /usr/share/fonts/kept mtime=1690000000
			f /usr/share/fonts/kept/kept.ttf
			package fonts-b 1
			d /usr/share/fonts
			d /usr/share/fonts/edited
			f /usr/share/fonts/edited/b.conf text=a=1\n
			d /usr/share/doc
			effect fonts-b postinst
			d /usr/local/share/fonts mtime=1699999999
		`,
		outputs: []Output{outputOf(t, "app", "f /usr/share/fonts/a/own.ttf")},
		recipe: `
			[depends]
			runtime = ["fonts-a", "fonts-b"]
			[remove]
			paths = ["/usr/share/fonts/gone/gone.ttf"]
			[file]
			"/usr/local/share/fonts/deep/er/own.ttf" = { content = "x" }
			[edit."/usr/share/fonts/edited/b.conf"]
			set.a = "2"
			[image]
			user = "root"
		`,
	}
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	const touched = newest - 2 // directories have the two after it
	for path, want := range map[string]int64{
		"/usr/share/fonts": 0, "/usr/share/fonts/a": touched, "/usr/share/fonts/gone": touched, "/usr/share/fonts/kept": 1690000000,
		"/usr/share/fonts/edited": touched, "/usr/local/share/fonts": touched, "/usr/local/share/fonts/deep": newest,
		"/usr/local/share/fonts/deep/er": newest, "/usr/local/share": 0, "/etc": touched,
	} {
		if got := r.Tree.Get(path).MTime; got != want {
			t.Errorf("%s is of %d, want %d", path, got, want)
		}
	}
	for i, l := range r.Layers {
		for _, f := range l.Files {
			if last := i == len(r.Layers)-1; !last && f.MTime == touched {
				t.Errorf("layer %s has %s of %d", l.Name, f.Path, touched)
			}
		}
	}
	base := r.Tree
	c.outputs = append(c.outputs, outputOf(t, "app", "f /usr/share/fonts/kept/more.ttf mtime=1710000000"))
	in := c.input(t)
	in.Base = base
	if r, err = Assemble(t.Context(), in); err != nil {
		t.Fatal(printed(err))
	}
	for path, want := range map[string]int64{"/usr/share/fonts/kept": 1710000000, "/usr/share/fonts/a": touched, "/usr/share/fonts": 0} {
		if got := r.Tree.Get(path).MTime; got != want {
			t.Errorf("on that image, %s is of %d, want %d", path, got, want)
		}
	}
}
