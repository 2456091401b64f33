package registry_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	server "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/oci/registry"
)

// image is an image of some layers of one file each.
func image(t *testing.T, contents ...string) *oci.Image {
	t.Helper()
	var layers []oci.Layer
	for i, c := range contents {
		var b bytes.Buffer
		files := []*layer.File{layer.Content(fmt.Sprintf("/file%d", i), 0o644, []byte(c), layer.Origin{})}
		blob, err := layer.WriteBlob(&b, files, nil, layer.BlobOptions{})
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, oci.Layer{Blob: blob, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }})
	}
	img, err := oci.New(oci.Config{Architecture: "amd64", Entrypoint: []string{"/file0"}}, layers)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// A counter notes the requests that a registry got.
type counter struct {
	http.Handler
	mu   sync.Mutex
	seen []string
	deny string // a part of paths that are not there, if asked by HEAD
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.seen = append(c.seen, r.Method+" "+r.URL.RequestURI())
	deny := c.deny != "" && r.Method == http.MethodHead && strings.Contains(r.URL.Path, c.deny)
	c.mu.Unlock()
	if deny {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	c.Handler.ServeHTTP(w, r)
}

func (c *counter) count(method, part string) (n int) {
	for _, s := range c.seen {
		if strings.HasPrefix(s, method) && strings.Contains(s, part) {
			n++
		}
	}
	return n
}

func start(t *testing.T) (*counter, string) {
	t.Helper()
	c := &counter{Handler: server.New(server.Logger(log.New(io.Discard, "", 0)), server.WithReferrersSupport(true))}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return c, strings.TrimPrefix(s.URL, "http://")
}

func TestPush(t *testing.T) {
	c, host := start(t)
	img := image(t, "one", strings.Repeat("two", 10_000))
	note, err := oci.NewArtifact(img, "application/spdx+json", []byte(`{"spdxVersion":"SPDX-2.3"}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	var last, all int64
	ref := host + "/ashlar/test:1"
	digest, err := registry.Push(context.Background(), img, ref, registry.Options{
		Attach:   []*oci.Image{note},
		Progress: func(done, total int64) { last, all = done, total },
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != all || all == 0 {
		t.Errorf("progress ended at %d of %d", last, all)
	}
	pulled, err := remote.Image(parse(t, ref))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := pulled.Digest(); err != nil || got.Hex != digest {
		t.Errorf("registry has %s, %v; want %s", got, err, digest)
	}
	if err := validate.Image(pulled); err != nil {
		t.Errorf("what was pulled: %v", err)
	}
	h, _ := img.Digest()
	index, err := remote.Referrers(parse(t, ref).Context().Digest(h.String()))
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if n, _ := note.Digest(); err != nil || len(m.Manifests) != 1 || m.Manifests[0].Digest != n {
		t.Errorf("referrers: %+v, %v", m, err)
	}

	// What the registry has is not sent again.
	before := c.count("PATCH", "") + c.count("PUT", "/blobs/")
	if _, err := registry.Push(context.Background(), img, host+"/ashlar/test:2", registry.Options{}); err != nil {
		t.Fatal(err)
	}
	if n := c.count("PATCH", "") + c.count("PUT", "/blobs/") - before; n != 0 {
		t.Errorf("%d blobs sent again", n)
	}
	// Another repository of the registry gets them by name. This registry has one
	// store for all, and must be kept from saying so.
	c.mu.Lock()
	c.deny = "/other/blobs/"
	c.mu.Unlock()
	if _, err := registry.Push(context.Background(), img, host+"/other:1", registry.Options{Mount: host + "/ashlar/test"}); err != nil {
		t.Fatal(err)
	}
	if c.count("POST", "mount=") == 0 {
		t.Errorf("nothing was mounted: %q", c.seen)
	}
}

func parse(t *testing.T, ref string) name.Reference {
	t.Helper()
	r, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPushFails(t *testing.T) {
	ctx := context.Background()
	img := image(t, "one")
	if _, err := registry.Push(ctx, img, "UPPER/Case:x", registry.Options{}); err == nil || !strings.Contains(err.Error(), `reference "UPPER/Case:x"`) {
		t.Errorf("bad reference: %v", err)
	}
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refuse.Close()
	ref := strings.TrimPrefix(refuse.URL, "http://") + "/x:1"
	if _, err := registry.Push(ctx, img, ref, registry.Options{Progress: func(int64, int64) {}}); err == nil || !strings.Contains(err.Error(), "push "+ref) {
		t.Errorf("refused: %v", err)
	}
	if _, err := registry.Push(ctx, img, ref, registry.Options{Mount: "A B"}); err == nil || !strings.Contains(err.Error(), "mount from") {
		t.Errorf("bad mount: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := registry.Push(gone, img, ref, registry.Options{}); err == nil {
		t.Error("pushed after cancel")
	}
}

// What was pushed as files is read back by digest, by who may.
func TestVendor(t *testing.T) {
	c, host := start(t)
	data := []byte("a package")
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	files, err := oci.NewFiles("application/vnd.example", []oci.File{{
		Name: "a_1_all.deb", Digest: digest, Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "robot" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c.ServeHTTP(w, r)
	}))
	defer guarded.Close()
	if _, err := registry.Push(t.Context(), files, host+"/team/vendor:1", registry.Options{}); err != nil {
		t.Fatal(err)
	}
	read := func(o registry.Options) (int, string) {
		url, asks, err := registry.Vendor(strings.TrimPrefix(guarded.URL, "http://")+"/team/vendor", o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := (&http.Client{Transport: asks}).Get(url + digest)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, string(body)
	}
	where := strings.TrimPrefix(guarded.URL, "http://")
	who, err := registry.Keychain([]byte(fmt.Sprintf(`{"auths": {%q: {"auth": %q}}}`, where, base64.StdEncoding.EncodeToString([]byte("robot:secret")))))
	if err != nil {
		t.Fatal(err)
	}
	if code, body := read(registry.Options{Keychain: who}); code != http.StatusOK || body != string(data) {
		t.Errorf("got %d %q", code, body)
	}
	if code, _ := read(registry.Options{Keychain: authn.NewMultiKeychain()}); code != http.StatusUnauthorized {
		t.Errorf("a stranger got %d", code)
	}
}
