package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
)

// BenchmarkMoved has 50 images with one library in common, of which the archive has
// a new version each time, newer than all else: how long `ashlar update` and `ashlar build` take, as whole
// processes, and how many layers are written anew. It needs Debian's archive and user
// namespaces.
func BenchmarkMoved(b *testing.B) {
	const images = 50
	w := &movingWorld{b: b, mirror: mirrortest.Start(b), began: time.Now().Add(-time.Hour), store: newStore(b), dir: b.TempDir()}
	w.key = apttest.NewKey(b, w.began, 0)
	w.publish()
	w.write("moving.asc", w.key.Public(b))
	w.write("ashlar.toml", fmt.Sprintf("[archive.moving]\nuri = %q\nsuite = \"moving\"\ncomponents = [\"main\"]\nsigned-by = \"moving.asc\"\n", w.mirror.URL+"/debian"))
	for i := range images {
		w.write(fmt.Sprintf("recipes/image%d/recipe.toml", i), fmt.Sprintf(`
[depends]
runtime = ["tini", "ca-certificates", "libmoving1"]
[image]
entrypoint = ["tini"]
user = "nobody"
file."/etc/number".content = "%d\n"
`, i))
	}
	w.run("lock")
	before := w.layers()
	var update, build time.Duration
	fresh := 0
	for b.Loop() {
		b.StopTimer()
		w.publish()
		b.StartTimer()
		update += w.run("update", "--package", "libmoving1")
		build += w.run("build", "-q")
		b.StopTimer()
		after := w.layers()
		for digest := range after {
			if !before[digest] {
				fresh++
			}
		}
		before = after
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(update.Seconds()/n, "s/update")
	b.ReportMetric(build.Seconds()/n, "s/build")
	b.ReportMetric(float64(fresh)/n, "layers-written")
}

// A movingWorld is a workspace beside an archive that moves.
type movingWorld struct {
	b          *testing.B
	mirror     *mirrortest.Mirror
	key        *apttest.Key
	began      time.Time
	store, dir string
	version    int
}

// publish gives the archive a new version of the library.
func (w *movingWorld) publish() {
	w.version++
	d := debtest.Deb{Name: "libmoving1", Version: fmt.Sprint(w.version), Arch: "amd64", Fields: "Depends: libc6\n", Files: []debtest.File{
		{Path: "./usr/share/moving/data", Data: strings.Repeat(fmt.Sprintf("line of version %d\n", w.version), 100_000), MTime: w.began.Unix() + int64(w.version)},
	}}
	data := d.Bytes()
	name := fmt.Sprintf("pool/main/m/moving/libmoving1_%d_amd64.deb", w.version)
	w.mirror.Put("/debian/"+name, data)
	a := apttest.Archive{Suite: "moving", Date: w.began.Add(time.Duration(w.version) * time.Second), Packages: fmt.Sprintf(
		"Package: libmoving1\nVersion: %d\nArchitecture: amd64\nDepends: libc6\nFilename: %s\nSize: %d\nSHA256: %s\n", w.version, name, len(data), apttest.Digest(data))}
	release, files := a.Release()
	for name, data := range files {
		w.mirror.Put("/debian/dists/moving/"+name, data)
	}
	w.mirror.Put("/debian/dists/moving/InRelease", w.key.Inline(w.b, release))
}

func (w *movingWorld) write(name, text string) {
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.b.Fatal(err)
	}
}

func (w *movingWorld) run(args ...string) time.Duration {
	began := time.Now()
	cmd := exec.Command("ashlar", append([]string{"-C", w.dir, "--store", w.store}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.b.Fatalf("ashlar %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(began)
}

// layers builds and returns the digests of all layers of all images.
func (w *movingWorld) layers() map[string]bool {
	out := w.b.TempDir()
	w.run("build", "-q", "-o", filepath.Join(out, "layout"))
	blobs, err := os.ReadDir(filepath.Join(out, "layout", "blobs", "sha256"))
	if err != nil {
		w.b.Fatal(err)
	}
	all := map[string]bool{}
	for _, e := range blobs {
		if head := w.head(filepath.Join(out, "layout", "blobs", "sha256", e.Name())); head == "\x1f\x8b" {
			all[e.Name()] = true
		}
	}
	return all
}

func (w *movingWorld) head(file string) string {
	f, err := os.Open(file)
	if err != nil {
		w.b.Fatal(err)
	}
	defer f.Close()
	head := make([]byte, 2)
	if _, err := f.Read(head); err != nil {
		w.b.Fatal(err)
	}
	return string(head)
}
