package effects

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// A Status is the last word of a package's Status line.
type Status string

// The states of packages that a database is written with.
const (
	Unpacked  Status = "unpacked"
	Installed Status = "installed"
)

// adminDir is dpkg's, inside a root.
const adminDir = "var/lib/dpkg"

// A Database is dpkg's, as data.
type Database struct {
	// Files are the bytes of files by their path below /var/lib/dpkg.
	Files map[string][]byte
	// Links are files that are in package trees already: path below
	// /var/lib/dpkg → path of the host.
	Links map[string]string
}

// NewDatabase is the database of packages in one state, as dpkg itself writes
// it when it unpacks them (dpkg(1), deb-triggers(5), deb-conffiles(5)):
//
//	status                 the control stanzas, with Status and Conffiles
//	info/NAME[:ARCH].*     control members, with :ARCH if Multi-Arch is "same"
//	info/NAME[:ARCH].list  the paths
//	info/format            1
//	arch                   the architectures, if there are foreign packages
//	triggers/File, NAME    who is interested in which path and which name
//	diversions, statoverride, available, triggers/Unincorp   empty
//
// Stanzas are sorted by name, as dpkg's are.
func NewDatabase(packages []*deb.Package, status Status) (*Database, error) {
	d := &Database{Links: map[string]string{}, Files: map[string][]byte{
		"info/format": []byte("1\n"), "diversions": nil, "statoverride": nil, "available": nil,
		"triggers/Lock": nil, "triggers/Unincorp": nil, "lock": nil, "lock-frontend": nil,
	}}
	sorted := byName(packages)
	for _, p := range sorted {
		if err := d.info(p); err != nil {
			return nil, err
		}
	}
	d.Files["status"] = []byte(statusOf(sorted, status))
	if all := architectures(packages); len(all) > 1 {
		d.Files["arch"] = []byte(strings.Join(all, "\n") + "\n")
	}
	return d, d.interests(sorted)
}

// architectures are those of the packages, sorted.
func architectures(packages []*deb.Package) []string {
	var all []string
	for _, p := range packages {
		if a := p.Control.Arch; a != "all" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	slices.Sort(all)
	return all
}

func byName(packages []*deb.Package) []*deb.Package {
	return slices.SortedFunc(slices.Values(packages), func(a, b *deb.Package) int {
		return strings.Compare(a.Control.Qualified(), b.Control.Qualified())
	})
}

// info adds a package's control members and list. dpkg keeps the stanza in
// status only, and makes the sums of a package that has none.
func (d *Database) info(p *deb.Package) error {
	base := "info/" + p.Control.Qualified() + "."
	d.Links[base+"list"] = p.ListFile()
	for _, name := range p.Members() {
		if name != "control" {
			d.Links[base+name] = filepath.Join(p.ControlDir(), name)
		}
	}
	if p.Has("md5sums") {
		return nil
	}
	sums, err := md5sums(p)
	if len(sums) > 0 {
		d.Files[base+"md5sums"] = sums
	}
	return err
}

// md5sums are a package's files in the form of deb-md5sums(5).
func md5sums(p *deb.Package) ([]byte, error) {
	list, err := p.List()
	if err != nil {
		return nil, err
	}
	tree := p.Index.Tree()
	var b bytes.Buffer
	for _, spelled := range list {
		f := tree.Get(deb.Canonical(spelled))
		if f == nil || f.Type != layer.Regular && f.Type != layer.Hardlink {
			continue
		}
		data, err := readIn(p.Root(), f.Path)
		if errors.Is(err, fs.ErrPermission) { // its mode locks a plain user out
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", p.Control.Name, err)
		}
		fmt.Fprintf(&b, "%x  %s\n", md5.Sum(data), spelled[1:])
	}
	return b.Bytes(), nil
}

func statusOf(sorted []*deb.Package, status Status) string {
	var b strings.Builder
	for _, p := range sorted {
		b.WriteString(stanza(p, status))
		b.WriteByte('\n')
	}
	return b.String()
}

// stanza is a package's part of the status file: its control stanza with Status
// behind Package, and with the conffiles that it ships. With "newconffile" in
// place of the MD5 sum dpkg would leave that word for ever, because it finds no
// new file beside.
func stanza(p *deb.Package, status Status) string {
	var b strings.Builder
	for _, f := range p.Control.Fields {
		if strings.EqualFold(f.Name, "Status") || strings.EqualFold(f.Name, "Conffiles") {
			continue
		}
		value := f.Value
		if slices.Contains(relationFields, f.Name) { // dpkg writes them on one line
			value = strings.Join(strings.Fields(value), " ")
		}
		fmt.Fprintf(&b, "%s:", f.Name)
		if value != "" && value[0] != '\n' {
			b.WriteByte(' ')
		}
		b.WriteString(value + "\n")
		if strings.EqualFold(f.Name, "Package") {
			b.WriteString("Status: install ok " + string(status) + "\n")
		}
	}
	b.WriteString(conffiles(p))
	return b.String()
}

// relationFields are the fields that dpkg parses and writes anew.
var relationFields = []string{"Depends", "Pre-Depends", "Recommends", "Suggests", "Enhances", "Conflicts", "Breaks", "Replaces", "Provides"}

func conffiles(p *deb.Package) string {
	var b strings.Builder
	for _, c := range p.Conffiles {
		switch {
		case c.Remove:
			b.WriteString(" " + c.Path + " newconffile remove-on-upgrade\n")
		case c.MD5 != "":
			b.WriteString(" " + c.Path + " " + c.MD5 + "\n")
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "Conffiles:\n" + b.String()
}

// Write writes the database below root, with one time for all that is not in
// package trees. Links become hard links where the file system lets them.
func (d *Database) Write(root string, mtime int64) error {
	dir := filepath.Join(root, adminDir)
	if err := d.write(dir); err != nil {
		return fmt.Errorf("write dpkg database: %w", err)
	}
	at := time.Unix(mtime, 0)
	for name := range d.Files {
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			return fmt.Errorf("write dpkg database: %w", err)
		}
	}
	for _, sub := range []string{"info", "triggers", "updates", "parts", "."} {
		if err := os.Chtimes(filepath.Join(dir, sub), at, at); err != nil {
			return fmt.Errorf("write dpkg database: %w", err)
		}
	}
	return nil
}

func (d *Database) write(dir string) error {
	for _, sub := range []string{"info", "triggers", "updates", "parts"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for name, data := range d.Files {
		if err := writeFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	for name, from := range d.Links {
		if err := linkOrCopy(from, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// digest stands for the database: names, bytes, and what the links' packages
// say of theirs.
func (d *Database) digest() (string, error) {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(d.Files)) {
		fmt.Fprintf(h, "%q %d %s", name, len(d.Files[name]), d.Files[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Links)) {
		data, err := os.ReadFile(d.Links[name])
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %d %s", name, len(data), data)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// installed writes to the effects' tree the database of the root as it now is,
// for later steps and waves to find: all packages installed. What scripts told
// dpkg-divert and dpkg-statoverride stays as they left it.
func (v *run) installed(e *Effects) error {
	root, err := os.OpenRoot(e.Root())
	if err != nil {
		return err
	}
	defer root.Close()
	for dir := adminDir; dir != "."; dir = path.Dir(dir) {
		if fi, err := root.Lstat(dir); err == nil && !fi.IsDir() {
			return fmt.Errorf("a script made something else of the directory /%s", dir)
		}
	}
	d, err := NewDatabase(slices.Concat(v.Before, v.Packages), Installed)
	if err != nil {
		return err
	}
	d.yield(v.Earlier)
	for name := range d.Files {
		if _, err := root.Lstat(adminDir + "/" + name); err == nil {
			delete(d.Files, name)
		}
	}
	if e.Index.Meta[metaDatabase], err = d.digest(); err != nil {
		return err
	}
	return d.Write(e.Root(), v.Epoch)
}

// yield leaves files to earlier effects that have them.
func (d *Database) yield(earlier []*Effects) {
	for _, name := range []string{"diversions", "statoverride"} {
		if _, ok := readTop(earlier, "/"+adminDir+"/"+name); ok {
			delete(d.Files, name)
		}
	}
}

// readTop returns a file of the latest effects that have it.
func readTop(earlier []*Effects, p string) ([]byte, bool) {
	for _, e := range slices.Backward(earlier) {
		if data, err := readIn(e.Root(), p); err == nil {
			return data, true
		}
	}
	return nil, false
}

// readIn reads a file inside a tree, through no link that leads out of it.
func readIn(root, p string) ([]byte, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.ReadFile(strings.TrimPrefix(p, "/"))
}

// writeFile and linkOrCopy make the directories above, too.
func writeFile(name string, data []byte, mode fs.FileMode) error {
	err := os.WriteFile(name, data, mode)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = os.WriteFile(name, data, mode)
		}
	}
	if err != nil {
		return err
	}
	return os.Chmod(name, mode) // whatever the umask
}

func linkOrCopy(from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
			err = os.Link(from, to)
		}
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	fi, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, data, fi.Mode().Perm())
}
