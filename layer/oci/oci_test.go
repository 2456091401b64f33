package oci_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
)

func testLayer(t *testing.T, name string, c layer.Compression, files ...*layer.File) oci.Layer {
	t.Helper()
	var b bytes.Buffer
	blob, err := layer.WriteBlob(&b, files, nil, layer.BlobOptions{Compression: c})
	if err != nil {
		t.Fatal(err)
	}
	return oci.Layer{Blob: blob, Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}

func sample(t *testing.T) *oci.Image {
	t.Helper()
	base := testLayer(t, "packages: base", layer.Gzip,
		&layer.File{Path: "/", Type: layer.Dir, Mode: 0o755},
		&layer.File{Path: "/etc", Type: layer.Dir, Mode: 0o755},
		layer.Content("/etc/old", 0o644, []byte("old"), layer.Origin{}),
		layer.Content("/etc/conf", 0o644, []byte("a=1\n"), layer.Origin{}))
	top := testLayer(t, "files", layer.Gzip,
		&layer.File{Path: "/etc", Type: layer.Dir, Mode: 0o750},
		&layer.File{Path: "/etc/old", Type: layer.Whiteout},
		&layer.File{Path: "/etc/link", Type: layer.Symlink, Link: "conf"},
		layer.Content("/etc/conf", 0o600, []byte("a=2\n"), layer.Origin{}))
	img, err := oci.New(oci.Config{
		Architecture: "amd64", Entrypoint: []string{"/bin/x"}, Cmd: []string{"-v"}, Env: []string{"PATH=/bin"},
		User: "101:101", WorkDir: "/etc", Ports: []string{"8080", "53/udp"}, Volumes: []string{"/data"}, StopSignal: "SIGQUIT",
		Health: &oci.Health{Command: []string{"/bin/x", "ok"}, Retries: 3}, Labels: map[string]string{"a": "b"}, Created: 1700000000,
	}, []oci.Layer{base, top})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestConfig(t *testing.T) {
	raw, err := sample(t).RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	const want = `"config":{"Cmd":["-v"],"Healthcheck":{"Test":["CMD","/bin/x","ok"],"Retries":3},"Entrypoint":["/bin/x"],"Env":["PATH=/bin"],"Labels":{"a":"b"},"User":"101:101","Volumes":{"/data":{}},"WorkingDir":"/etc","ExposedPorts":{"53/udp":{},"8080/tcp":{}},"StopSignal":"SIGQUIT"}`
	if !strings.Contains(string(raw), want) {
		t.Errorf("got\n%s\nwant\n%s", raw, want)
	}
	if !strings.Contains(string(raw), `"created":"2023-11-14T22:13:20Z"`) {
		t.Errorf("created is not the epoch: %s", raw)
	}
}

func TestConfigMistakes(t *testing.T) {
	tests := []struct {
		c    oci.Config
		want string
	}{
		{oci.Config{}, "no architecture"},
		{oci.Config{Architecture: "amd64", WorkDir: "x"}, `path "x"`},
		{oci.Config{Architecture: "amd64", Volumes: []string{"/a/"}}, `path "/a/"`},
		{oci.Config{Architecture: "amd64", Env: []string{"A"}}, "not NAME=value"},
		{oci.Config{Architecture: "amd64", Env: []string{"A=1", "A=2"}}, "environment A: twice"},
		{oci.Config{Architecture: "amd64", Ports: []string{"0"}}, "not between"},
		{oci.Config{Architecture: "amd64", Ports: []string{"80/quic"}}, "not tcp"},
	}
	for _, tt := range tests {
		if _, err := oci.New(tt.c, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want …%s…", tt.c, err, tt.want)
		}
	}
}

func layoutOf(t *testing.T, img *oci.Image, ref string) (dir string, l *oci.Layout) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "layout")
	l, err := oci.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.Append(context.Background(), img, ref); err != nil {
		t.Fatal(err)
	}
	return dir, l
}

const sampleDump = `/ dir 0755 0:0
/etc dir 0750 0:0
/etc/conf file 0600 0:0 e7a76728
/etc/link link 0777 0:0 -> conf
`

func TestLayout(t *testing.T) {
	ctx := context.Background()
	img := sample(t)
	dir, l := layoutOf(t, img, "one")
	if err := l.Append(ctx, img, "two"); err != nil {
		t.Fatal(err)
	}
	index := indexOf(t, dir)
	if len(index) != 2 || index[1].Annotations[refName] != "two" || index[1].Platform.Architecture != "amd64" {
		t.Fatalf("index %+v", index)
	}
	read := readBack(t, dir, "two")
	a, _ := img.Digest()
	if b, _ := read.Digest(); a != b {
		t.Errorf("read %s, wrote %s", b, a)
	}
	if got := dumpOf(t, read); got != sampleDump {
		t.Errorf("got\n%s\nwant\n%s", got, sampleDump)
	}
}

// A name that is given again moves; two processes at once lose nothing.
func TestAppendAgain(t *testing.T) {
	ctx := context.Background()
	dir, l := layoutOf(t, sample(t), "latest")
	other, err := oci.New(oci.Config{Architecture: "amd64"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(ctx, other, "latest"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l, err := oci.Create(dir)
			if err == nil {
				err = errors.Join(l.Append(ctx, other, fmt.Sprint(i)), l.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	index := indexOf(t, dir)
	if len(index) != 9 {
		t.Fatalf("%d entries; want 9", len(index))
	}
	want, _ := other.Digest()
	if index[0].Annotations[refName] != "latest" || index[0].Digest != want {
		t.Errorf("latest is %+v", index[0])
	}
}

// failing reads some bytes and then fails.
type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("disk gone")
	}
	return n, err
}
func (failing) Close() error { return nil }

// A half-written blob never stands under its digest, and one that somebody
// else left there is not believed.
func TestHalfWrittenBlob(t *testing.T) {
	ctx := context.Background()
	whole := testLayer(t, "x", layer.Gzip, layer.Content("/a", 0o644, bytes.Repeat([]byte("abc"), 1000), layer.Origin{}))
	broken := whole
	broken.Open = func() (io.ReadCloser, error) {
		r, err := whole.Open()
		return failing{io.LimitReader(r, 20)}, err
	}
	dir := filepath.Join(t.TempDir(), "layout")
	l, err := oci.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	img, err := oci.New(oci.Config{Architecture: "amd64"}, []oci.Layer{broken})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(ctx, img, "x"); err == nil || !strings.Contains(err.Error(), "disk gone") {
		t.Errorf("got %v", err)
	}
	name := filepath.Join(dir, "blobs/sha256", whole.Digest)
	if _, err := os.Stat(name); err == nil {
		t.Error("half a blob has its name")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".tmp-*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if index := indexOf(t, dir); len(index) != 0 {
		t.Errorf("the index names %+v", index)
	}
	if err := os.WriteFile(name, make([]byte, whole.Size), 0o644); err != nil {
		t.Fatal(err)
	}
	img, err = oci.New(oci.Config{Architecture: "amd64"}, []oci.Layer{whole})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(ctx, img, "x"); err != nil {
		t.Fatal(err)
	}
	readBack(t, dir, "x")
}

// What is said of an image may lie beside it, and is not taken for one.
func TestArtifactInLayout(t *testing.T) {
	img := sample(t)
	dir, l := layoutOf(t, img, "v1")
	note, err := oci.NewArtifact(img, "application/spdx+json", []byte("{}"), map[string]string{"a": "b"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Append(context.Background(), note, ""); err != nil {
			t.Fatal(err)
		}
	}
	index := indexOf(t, dir)
	if len(index) != 2 || index[1].ArtifactType != "application/spdx+json" {
		t.Fatalf("index %+v", index)
	}
	a, _ := img.Digest()
	m, err := note.Manifest()
	if err != nil || m.Subject == nil || m.Subject.Digest != a {
		t.Errorf("subject %+v, %v", m.Subject, err)
	}
}

func TestCreateRefusesOtherDirectories(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := oci.Create(dir); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("got %v", err)
	}
}

// The index of a layout is enough to append to: its blobs may lie elsewhere yet.
func TestAppendWithoutBlobs(t *testing.T) {
	dir, _ := layoutOf(t, sample(t), "one")
	if err := os.RemoveAll(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	l, err := oci.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Append(t.Context(), sample(t), "two"); err != nil {
		t.Fatal(err)
	}
	if index := indexOf(t, dir); len(index) != 2 {
		t.Errorf("index %+v", index)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestSkopeoReadsLayout(t *testing.T) {
	img := sample(t)
	dir, _ := layoutOf(t, img, "v1")
	var got struct {
		Digest, Architecture string
		Layers, Env          []string
	}
	out := run(t, "skopeo", "inspect", "oci:"+dir+":v1")
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	h, _ := img.Digest()
	if got.Digest != h.String() || got.Architecture != "amd64" || len(got.Layers) != 2 || got.Env[0] != "PATH=/bin" {
		t.Errorf("skopeo sees %s", out)
	}
}

func TestSkopeoReadsArchive(t *testing.T) {
	img := sample(t)
	file := filepath.Join(t.TempDir(), "image.tar")
	var b, again bytes.Buffer
	for _, w := range []io.Writer{&b, &again} {
		if err := oci.Save(context.Background(), w, img, "example/nginx"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("two archives of one image differ")
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	h, _ := img.Digest()
	if out := run(t, "skopeo", "inspect", "oci-archive:"+file+":latest"); !strings.Contains(out, h.String()) {
		t.Errorf("as OCI archive: %s", out)
	}
	to := filepath.Join(t.TempDir(), "copy")
	run(t, "skopeo", "--insecure-policy", "copy", "docker-archive:"+file+":docker.io/example/nginx:latest", "oci:"+to+":x")
	if got := dumpOf(t, readBack(t, to, "x")); got != sampleDump {
		t.Errorf("as docker archive: got\n%s", got)
	}
}

func TestUmociUnpacks(t *testing.T) {
	dir, _ := layoutOf(t, sample(t), "v1")
	to := filepath.Join(t.TempDir(), "bundle")
	run(t, "umoci", "unpack", "--rootless", "--image", dir+":v1", to)
	got, err := os.ReadFile(filepath.Join(to, "rootfs/etc/link"))
	if err != nil || string(got) != "a=2\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(to, "rootfs/etc/old")); err == nil {
		t.Error("the whiteout was not seen")
	}
}

func TestZstdImage(t *testing.T) {
	img, err := oci.New(oci.Config{Architecture: "amd64"}, []oci.Layer{
		testLayer(t, "x", layer.Zstd, layer.Content("/a", 0o644, []byte("hello\n"), layer.Origin{})),
		testLayer(t, "y", layer.Bare, layer.Content("/b", 0o644, []byte("hello\n"), layer.Origin{})),
	})
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := layoutOf(t, img, "v1")
	// Skopeo unpacks the layers on the way, and checks their digests.
	run(t, "skopeo", "--insecure-policy", "copy", "--dest-decompress", "oci:"+dir+":v1", "dir:"+t.TempDir())
	tree, err := img.Files(context.Background(), 1<<20)
	if err != nil || tree.Get("/a") == nil || string(tree.Get("/b").Data) != "hello\n" {
		t.Errorf("read back: %v, %v", tree, err)
	}
}
