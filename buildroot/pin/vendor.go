package pin

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// maxPage is more than the longest page of a simple index: those of packages
// with nightly releases have some megabytes.
const maxPage = 64 << 20

// Vendor returns what a language's lock file asks for. Whatever is not named by
// a SHA-256 is fetched, and compared with the digest that it is named by.
func (p *Pinner) Vendor(ctx context.Context, kind language.Kind, in language.Input) ([]lock.VendorFile, error) {
	in.Registries = p.Registries
	items, err := language.Read(kind, in)
	if err != nil {
		return nil, err
	}
	found := make([][]lock.VendorFile, len(items))
	g, ctx := errgroup.WithContext(ctx) // the fetcher bounds how many work at once
	for n, item := range items {
		g.Go(func() (err error) {
			if found[n], err = p.item(ctx, item); err != nil {
				return fmt.Errorf("%s: %w", in.File, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b lock.VendorFile) int { return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.At, b.At)) })
	return slices.Compact(all), nil
}

func (p *Pinner) item(ctx context.Context, item language.Item) ([]lock.VendorFile, error) {
	if item.Page != "" {
		return p.listed(ctx, item)
	}
	f := lock.VendorFile{At: item.At, URL: item.URL, SHA256: item.SHA256}
	switch {
	case item.SHA256 != "":
		return []lock.VendorFile{f}, nil
	case item.SHA512 != "":
		digest, err := p.Fetch.Fetch(ctx, fetch.Request{Name: item.Name, URLs: []string{item.URL}, SHA512: item.SHA512})
		if err != nil {
			return nil, err
		}
		f.SHA256 = digest
	default:
		got, err := p.Fetch.Get(ctx, fetch.IndexRequest{Name: item.Name, URLs: []string{item.URL}, MaxSize: maxSource})
		if err != nil {
			return nil, err
		}
		f.SHA256 = got.Digest
	}
	info, err := os.Stat(p.Store.BlobPath(f.SHA256))
	if err != nil {
		return nil, err
	}
	f.Size = info.Size()
	if err := p.compare(f.SHA256, item); err != nil {
		return nil, fmt.Errorf("%s: %w", item.Name, err)
	}
	return []lock.VendorFile{f}, nil
}

// compare checks digests that the fetcher does not know.
func (p *Pinner) compare(digest string, item language.Item) error {
	file := p.Store.BlobPath(digest)
	var got, want string
	var err error
	switch {
	case item.SHA1 != "":
		want = item.SHA1
		got, err = sha1Of(file)
	case strings.HasSuffix(item.At, ".zip"):
		want = item.H1
		got, err = dirhash.HashZip(file, dirhash.Hash1)
	case item.H1 != "":
		want = item.H1
		got, err = dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(file) })
	}
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s has %s, and the lock file wants %s: somebody has published other bytes under this version", item.URL, got, want)
	}
	return nil
}

func sha1Of(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha1.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// listed asks a simple index where the files of a requirement are.
func (p *Pinner) listed(ctx context.Context, item language.Item) ([]lock.VendorFile, error) {
	got, err := p.Fetch.Get(ctx, fetch.IndexRequest{Name: item.Name, URLs: []string{item.Page}, MaxSize: maxPage, Page: true})
	if err != nil {
		return nil, err
	}
	page, err := p.read(got.Digest, maxPage)
	if err != nil {
		return nil, err
	}
	files, err := item.Files(page, got.URL)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: %s lists none of its %d files for this architecture", item.Name, item.Page, len(item.Choices))
	}
	var all []lock.VendorFile
	for _, f := range files {
		all = append(all, lock.VendorFile{At: f.At, URL: f.URL, SHA256: f.SHA256})
	}
	return all, nil
}
