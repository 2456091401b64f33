package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/buildroot/usher"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/oci/registry"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// vendorType is the artefact type of what `ashlar vendor` keeps.
const vendorType = "application/vnd.ashlar.vendor.v1"

// debType is the media type of a .deb (IANA).
const debType = "application/vnd.debian.binary-package"

// inRegistry is how references are written where a directory could stand, too.
const inRegistry = "oci://"

func vendorCommand() *command {
	return &command{
		name: "vendor", args: "[--prune] [DIR|oci://REF]", short: "keep all that the lock names, whatever the archives drop",
		long: `Keeps every package and source that builds and tests of all recipes may use in DIR,
or as one artefact in a registry. Without an argument it is where ashlar.toml says:

  [workspace]
  vendor = "vendor"   # or "/srv/vendor", "oci://registry.example.com/vendor",
                      # or the URL at which a web server has the directory

Builds then ask the vendor first; with --offline they ask nobody else. What it has
already is not written again. DIR is an OCI image layout: skopeo, oras and the like
copy it to a registry and back. What is no longer needed stays in DIR, for older locks,
unless --prune is given.

A package may come from the store, the vendor, the mirrors of its archive in ashlar.toml
in their order, the archive itself, the pool to which a point release moves security
updates, and Debian's snapshots, in this order; its digest decides whether it is right.`,
		store: true, run: runVendor,
		outputs: func(args []string) []string {
			if last := lastArgument(args); last != "" && !strings.Contains(last, "://") {
				return []string{last + "/"}
			}
			return nil
		},
	}
}

// lastArgument is what stands last on a command's line and is no flag.
func lastArgument(args []string) string {
	if i := slices.Index(args, "vendor"); i >= 0 {
		args = args[i+1:]
	}
	if len(args) == 0 || strings.HasPrefix(args[len(args)-1], "-") || len(args) > 1 && slices.Contains([]string{"-C", "-store", "--store", "-j"}, args[len(args)-2]) {
		return ""
	}
	return args[len(args)-1]
}

func runVendor(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	prune := flags.Bool("prune", false, "remove from the directory what is no longer needed")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) > 1 {
		return usagef("vendor takes one directory or reference")
	}
	w, err := env.load()
	if err != nil {
		return err
	}
	v := &vendoring{env: env, to: w.Vendor, prune: *prune}
	if len(names) == 1 {
		v.to, v.outside = strings.TrimSuffix(names[0], "/"), true
	}
	switch {
	case v.to == "":
		return usagef("say where to: vendor DIR, vendor oci://REF, or vendor = … in [workspace] of ashlar.toml")
	case strings.TrimRight(v.to, "/")+"//" == inRegistry:
		return usagef("%s names no repository: oci://registry.example.com/team/vendor does", inRegistry)
	case strings.HasPrefix(v.to, "http://"), strings.HasPrefix(v.to, "https://"):
		return usagef("%s can only be read: name the directory that it serves, or a registry as oci://REF", v.to)
	}
	p, _, err := w.plan(nil, true)
	if err != nil {
		return err
	}
	if err := v.fetch(ctx, p); err != nil {
		return err
	}
	return v.write(ctx)
}

// A vendoring is what is to be kept, and where.
type vendoring struct {
	env     *env
	to      string
	outside bool // to is an argument, and not a directory of the workspace
	prune   bool
	files   []oci.File
}

// fetch gets what the store lacks of a plan's downloads, and lists them.
func (v *vendoring) fetch(ctx context.Context, p *plan.Plan) error {
	progress := newProgress(v.env, false)
	defer progress.end()
	f, err := v.env.fetcher(progress.download)
	if err != nil {
		return err
	}
	var g errgroup.Group // one failure does not stop the others: all are told
	downloads := slices.SortedFunc(maps.Values(p.Downloads), func(a, b plan.Download) int {
		return strings.Compare(a.Name+a.SHA256, b.Name+b.SHA256)
	})
	errs := make([]error, len(downloads))
	for i, d := range downloads {
		g.Go(func() error {
			_, errs[i] = f.Fetch(ctx, buildroot.Request(d))
			return nil
		})
	}
	g.Wait() // errs has the errors
	if err := errors.Join(fetch.Together(errs)...); err != nil {
		return err
	}
	for _, d := range downloads {
		file, err := vendorFile(v.env.opened.store, d)
		if err != nil {
			return err
		}
		v.files = append(v.files, file)
	}
	return nil
}

func vendorFile(s *store.Store, d plan.Download) (oci.File, error) {
	info, err := os.Stat(s.BlobPath(d.SHA256))
	if err != nil {
		return oci.File{}, fmt.Errorf("%s: %w", d.Name, err)
	}
	f := oci.File{Name: d.Name, Digest: d.SHA256, Size: info.Size(), Open: func() (io.ReadCloser, error) { return s.Blob(d.SHA256) }}
	if len(d.URLs) > 0 {
		if u, err := url.Parse(d.URLs[0]); err == nil {
			f.Name = path.Base(u.Path)
		}
	}
	if strings.HasSuffix(f.Name, ".deb") {
		f.Type = debType
	}
	return f, nil
}

func (v *vendoring) write(ctx context.Context) error {
	made, err := oci.NewFiles(vendorType, v.files)
	if err != nil {
		return err
	}
	if ref, ok := strings.CutPrefix(v.to, inRegistry); ok {
		o, err := v.env.registryOptions()
		if err != nil {
			return err
		}
		digest, err := registry.Push(ctx, made, ref, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(v.env.out, "%s%s@sha256:%s\n", inRegistry, ref, digest)
		return nil
	}
	dir, err := v.open()
	if err != nil {
		return err
	}
	defer dir.Close()
	return v.writeDir(ctx, dir, made)
}

// open opens the directory to write to.
func (v *vendoring) open() (vendorDir, error) {
	e := v.env
	if v.outside {
		if c, err := e.usher(); c != nil || err != nil {
			if err != nil {
				return vendorDir{}, err
			}
			files, err := c.Open(outputDir)
			return vendorDir{files, "."}, err
		}
	}
	if !v.outside && !filepath.IsAbs(v.to) {
		files, err := e.workspaceFiles()
		return vendorDir{files, v.to}, err
	}
	if err := os.MkdirAll(v.to, 0o755); err != nil {
		return vendorDir{}, err
	}
	files, err := usher.Open(v.to)
	return vendorDir{files, "."}, err
}

// A vendorDir is a directory of a vendor below one that is open.
type vendorDir struct {
	*usher.Files
	below string
}

func (d vendorDir) path(name string) string { return path.Join(d.below, name) }

// check refuses a directory that has something else.
func (d vendorDir) check() error {
	entries, err := d.ReadDir(d.below)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !slices.Contains([]string{"blobs", "oci-layout", "index.json", ".gitattributes", ".gitignore"}, e.Name()) && !strings.HasPrefix(e.Name(), ".new-") {
			return fmt.Errorf("the directory holds %s, and is no vendor: name an empty one, or one that does not exist yet", e.Name())
		}
	}
	return err
}

// writeDir writes what a directory lacks of an artefact.
func (v *vendoring) writeDir(ctx context.Context, dir vendorDir, made *oci.Image) error {
	if err := dir.check(); err != nil {
		return fmt.Errorf("vendor %s: %w", v.to, err)
	}
	entries, err := made.Entries()
	if err != nil {
		return err
	}
	if err := dir.MkdirAll(dir.path("blobs/sha256"), 0o755); err != nil {
		return fmt.Errorf("vendor %s: %w", v.to, err)
	}
	var size int64
	for _, f := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wrote, err := dir.put(f)
		if err != nil {
			return fmt.Errorf("vendor %s: %w", v.to, err)
		}
		if wrote && path.Base(f.Name) == f.Digest {
			size += f.Size
		}
	}
	removed := 0
	if v.prune {
		if removed, err = dir.prune(entries); err != nil {
			return fmt.Errorf("vendor %s: %w", v.to, err)
		}
	}
	fmt.Fprintf(v.env.err, "%s: %s, %s; wrote %s", v.to, plural(len(v.files), "file"), bytesOf(made.Total()), bytesOf(size))
	if removed > 0 {
		fmt.Fprintf(v.env.err, ", removed %s", plural(removed, "file"))
	}
	fmt.Fprintln(v.env.err)
	return nil
}

// put writes a file unless it is there. What is there under a digest and has its
// size is right: it got its name when it was whole, and who reads it looks again.
func (d vendorDir) put(f oci.File) (wrote bool, err error) {
	name := d.path(f.Name)
	if info, err := d.Stat(name); err == nil && info.Size() == f.Size && path.Base(name) == f.Digest {
		return false, nil
	}
	r, err := f.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	w, err := d.Create(name, 0o644)
	if err != nil {
		return false, err
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return false, err
	}
	return true, w.Close()
}

// prune removes the blobs that are not among the entries.
func (d vendorDir) prune(entries []oci.File) (removed int, err error) {
	list, err := d.ReadDir(d.path("blobs/sha256"))
	for _, e := range list {
		name := "blobs/sha256/" + e.Name()
		if err != nil || slices.ContainsFunc(entries, func(f oci.File) bool { return f.Name == name }) {
			continue
		}
		err = d.Remove(d.path(name))
		removed++
	}
	return removed, err
}

// vendor opens the workspace's vendor for reading; nil if it has none.
func (e *env) vendor() (*fetch.Vendor, error) {
	at := e.vendorAt
	ref, isRef := strings.CutPrefix(at, inRegistry)
	v := &fetch.Vendor{Name: at}
	var err error
	switch {
	case at == "":
		return nil, nil
	case isRef:
		var o registry.Options
		if o, err = e.registryOptions(); err == nil {
			v.URL, v.Transport, err = registry.Vendor(ref, o)
		}
	case strings.Contains(at, "://"):
		v.URL = at + "/blobs/sha256/"
	case filepath.IsAbs(at):
		v.Files = os.DirFS(at)
	default:
		var files *usher.Files
		if files, err = e.workspaceFiles(); err == nil {
			v.Files, err = fs.Sub(files, at)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("vendor %s: %w", at, err)
	}
	return v, nil
}
