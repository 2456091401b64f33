// Package registry sends images to registries and reads them back. It is the
// one place of ashlar that speaks to a registry; it makes and changes no image.
package registry

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/docker/cli/cli/config/configfile"
	configtypes "github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/ashlar-build/ashlar/layer/oci"
)

// Options are the choices of [Push] and [Digest]. The zero value asks docker's
// and podman's configuration files for credentials.
type Options struct {
	Keychain  authn.Keychain    // where credentials come from; the user's files if nil
	Transport http.RoundTripper // http.DefaultTransport's like if nil
	Jobs      int               // uploads at once; 4 if less than 1
	Plain     bool              // http instead of https; loopback addresses have it anyway
	UserAgent string

	// Mount is a repository of the same registry, such as "example.com/nginx",
	// that has most of the layers already: the registry links them.
	Mount string

	// Attach are artefacts about the image, such as its bill of materials,
	// which are pushed after it, by digest.
	Attach []*oci.Image
	// Progress is called with the bytes sent and those to send; may be nil. Its
	// calls do not overlap.
	Progress func(done, total int64)
}

// Check refuses what is no reference, without asking anybody.
func Check(ref string) error {
	if _, err := (Options{}).parse(ref); err != nil {
		return fmt.Errorf("push: %w", err)
	}
	return nil
}

func (o Options) parse(ref string) (name.Reference, error) {
	options := []name.Option{}
	if o.Plain {
		options = append(options, name.Insecure)
	}
	r, err := name.ParseReference(ref, options...)
	if err != nil {
		return nil, fmt.Errorf("reference %q is not HOST/NAME:TAG, with NAME in lower case: %w", ref, err)
	}
	return r, nil
}

func (o Options) remote(ctx context.Context) []remote.Option {
	keychain := o.Keychain
	if keychain == nil {
		keychain = authn.DefaultKeychain
	}
	jobs := o.Jobs
	if jobs < 1 {
		jobs = 4
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(keychain), remote.WithJobs(jobs)}
	if o.Transport != nil {
		options = append(options, remote.WithTransport(o.Transport))
	}
	if o.UserAgent != "" {
		options = append(options, remote.WithUserAgent(o.UserAgent))
	}
	return options
}

// Push sends an image and then what is attached to it, and returns the digest
// under which the registry has it. Blobs that the registry has are not sent.
// The manifest goes last: a registry never names an image that it has in part.
func Push(ctx context.Context, img *oci.Image, ref string, o Options) (digest string, err error) {
	r, err := o.parse(ref)
	if err != nil {
		return "", fmt.Errorf("push: %w", err)
	}
	options := o.remote(ctx)
	wait := func() {}
	if o.Progress != nil {
		var option remote.Option
		option, wait = progress(o.Progress)
		options = append(options, option)
	}
	err = write(r, img, o, options)
	wait()
	if err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	for _, a := range o.Attach {
		h, err := a.Digest()
		if err != nil {
			return "", fmt.Errorf("push %s: %w", ref, err)
		}
		if err := remote.Write(r.Context().Digest(h.String()), a, o.remote(ctx)...); err != nil {
			return "", fmt.Errorf("push %s: artefact: %w", ref, err)
		}
	}
	h, err := img.Digest()
	return h.Hex, err
}

func write(r name.Reference, img *oci.Image, o Options, options []remote.Option) error {
	if o.Mount == "" {
		return remote.Write(r, img, options...)
	}
	from, err := name.NewRepository(o.Mount)
	if err != nil {
		return fmt.Errorf("mount from %q: %w", o.Mount, err)
	}
	return remote.Write(r, mountable{img, from}, options...)
}

// progress hands updates on; wait returns when the last one was handed on. The
// channel is closed only by an upload that began, so nobody waits for that.
func progress(f func(done, total int64)) (option remote.Option, wait func()) {
	updates, stop, end := make(chan v1.Update, 64), make(chan struct{}), make(chan struct{})
	report := func(u v1.Update) {
		if u.Error == nil && u.Total > 0 {
			f(u.Complete, u.Total)
		}
	}
	go func() {
		defer close(end)
		for {
			select {
			case u, ok := <-updates:
				if !ok {
					return
				}
				report(u)
			case <-stop:
				for len(updates) > 0 {
					report(<-updates)
				}
				return
			}
		}
	}()
	return remote.WithProgress(updates), func() { close(stop); <-end }
}

// mountable is an image whose layers the registry may take from another of its
// repositories.
type mountable struct {
	*oci.Image
	from name.Repository
}

// Layers are the image's, with where else they are.
func (m mountable) Layers() ([]v1.Layer, error) {
	layers, err := m.Image.Layers()
	if err != nil {
		return nil, err
	}
	for i, l := range layers {
		h, err := l.Digest()
		if err != nil {
			return nil, err
		}
		layers[i] = &remote.MountableLayer{Layer: l, Reference: m.from.Digest(h.String())}
	}
	return layers, nil
}

// Vendor is the repository that ref names, as a place to read blobs from: the URL
// of each, before its digest, and what may ask for it. The registry is asked for a
// token when the first blob is.
func Vendor(ref string, o Options) (url string, asks http.RoundTripper, err error) {
	r, err := o.parse(ref)
	if err != nil {
		return "", nil, err
	}
	repo := r.Context()
	return fmt.Sprintf("%s://%s/v2/%s/blobs/sha256:", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr()), &reading{repo: repo, options: o}, nil
}

// reading asks a registry as one who may read a repository of it.
type reading struct {
	repo    name.Repository
	options Options

	mu   sync.Mutex
	asks http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (r *reading) RoundTrip(q *http.Request) (*http.Response, error) {
	asks, err := r.login(q.Context())
	if err != nil {
		return nil, err
	}
	return asks.RoundTrip(q)
}

func (r *reading) login(ctx context.Context) (http.RoundTripper, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asks != nil {
		return r.asks, nil
	}
	keychain, below := r.options.Keychain, r.options.Transport
	if keychain == nil {
		keychain = authn.DefaultKeychain
	}
	if below == nil {
		below = remote.DefaultTransport
	}
	who, err := authn.Resolve(ctx, keychain, r.repo)
	if err != nil {
		return nil, fmt.Errorf("credentials for %s: %w", r.repo.RegistryStr(), err)
	}
	asks, err := transport.NewWithContext(ctx, r.repo.Registry, who, below, []string{r.repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, err
	}
	r.asks = asks
	return asks, nil
}

// Keychain finds credentials in a text in the format of docker's config.json, as
// podman's auth.json has it, too.
func Keychain(text []byte) (authn.Keychain, error) {
	f := configfile.New("")
	if err := f.LoadFromReader(bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("credentials for registries: %w", err)
	}
	return keychain{f}, nil
}

type keychain struct{ file *configfile.ConfigFile }

// Resolve implements [authn.Keychain]: the repository's credentials go before its
// registry's.
func (k keychain) Resolve(r authn.Resource) (authn.Authenticator, error) {
	for _, key := range []string{r.String(), r.RegistryStr()} {
		if key == name.DefaultRegistry {
			key = authn.DefaultAuthKey
		}
		c, err := k.file.GetAuthConfig(key)
		if err != nil {
			return nil, err
		}
		c.ServerAddress = "" // it says where, not who
		if c != (configtypes.AuthConfig{}) {
			return authn.FromConfig(authn.AuthConfig{Username: c.Username, Password: c.Password, Auth: c.Auth, IdentityToken: c.IdentityToken, RegistryToken: c.RegistryToken}), nil
		}
	}
	return authn.Anonymous, nil
}
