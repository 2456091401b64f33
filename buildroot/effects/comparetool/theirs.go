package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/layer"
)

func (w *workspace) oracleFile(s set) string {
	return filepath.Join(w.dir, "mmdebstrap", s.Name+".tar.zst")
}

// oracle has mmdebstrap make the root of a set, of the packages that ashlar
// resolved: which these are is for another comparison.
func (w *workspace) oracle(ctx context.Context, s set, resolved []byte) error {
	file := w.oracleFile(s)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	var include []string
	for line := range strings.Lines(string(resolved)) {
		words := strings.Fields(line)
		include = append(include, words[0]+"="+words[1])
	}
	args := []string{"--quiet", "--variant=essential", "--dpkgopt=force-unsafe-io", "--format=tar", "--include=" + strings.Join(include, ",")}
	if len(s.Debconf) > 0 {
		answers := file + ".debconf"
		if err := os.WriteFile(answers, s.selections(), 0o644); err != nil {
			return err
		}
		args = append(args, `--essential-hook=chroot "$1" debconf-set-selections <`+answers)
	}
	args = append(args, "trixie", "-")
	for _, source := range []string{"debian trixie", "debian trixie-updates", "debian-security trixie-security"} {
		args = append(args, "deb "+w.mirror+"/"+source+" main")
	}
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1790000000")
	return save(cmd, file)
}

// selections are the answers as debconf-set-selections(1) takes them.
func (s set) selections() []byte {
	var b bytes.Buffer
	for question, answer := range s.Debconf {
		owner, _, _ := strings.Cut(question, "/")
		fmt.Fprintf(&b, "%s %s string %s\n", owner, question, answer)
	}
	return b.Bytes()
}

// save puts what a command prints into a compressed file, if it succeeds.
func save(cmd *exec.Cmd, file string) error {
	f, err := os.Create(file + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := zstd.NewWriter(f)
	if err != nil {
		return err
	}
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = z, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mmdebstrap: %w\n%s", err, errs.Bytes())
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// theirs reads the root that mmdebstrap made of a set.
func (w *workspace) theirs(s set) (*root, error) {
	in, err := os.Open(w.oracleFile(s))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	z, err := zstd.NewReader(in)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	texts := map[*layer.File][]byte{}
	r := &root{files: map[string]*layer.File{}, open: func(f *layer.File) ([]byte, error) { return texts[f], nil }}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		f := fileOf(h, data)
		r.files[f.Path] = f
		if small := len(data) < 1<<20; small && f.Type == layer.Regular {
			texts[f] = data
		}
	}
	r.name()
	return r, nil
}

var types = map[byte]layer.Type{
	tar.TypeReg: layer.Regular, tar.TypeDir: layer.Dir, tar.TypeSymlink: layer.Symlink, tar.TypeLink: layer.Hardlink,
	tar.TypeChar: layer.Char, tar.TypeBlock: layer.Block, tar.TypeFifo: layer.Fifo,
}

func fileOf(h *tar.Header, data []byte) *layer.File {
	f := &layer.File{
		Path: path.Clean("/" + h.Name), Type: types[h.Typeflag], Mode: uint32(h.Mode) & 0o7777,
		User: strconv.Itoa(h.Uid), Group: strconv.Itoa(h.Gid), Link: h.Linkname, Size: h.Size,
		Caps: h.PAXRecords["SCHILY.xattr.security.capability"],
	}
	switch f.Type {
	case layer.Regular:
		f.Digest = digest(data)
	case layer.Hardlink:
		f.Link = path.Clean("/" + h.Linkname)
	}
	return f
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// name gives owners the names that the root's own files have for them. libc
// takes the first of several.
func (r *root) name() {
	read := func(p string) map[string]string {
		names := map[string]string{}
		text, _ := r.text(p) // in memory
		lines := slices.Collect(strings.Lines(string(text)))
		for _, l := range slices.Backward(lines) {
			if f := strings.Split(l, ":"); len(f) > 2 {
				names[f[2]] = f[0]
			}
		}
		return names
	}
	users, groups := read("/etc/passwd"), read("/etc/group")
	for _, f := range r.files {
		if n := users[f.User]; n != "" {
			f.User = n
		}
		if n := groups[f.Group]; n != "" {
			f.Group = n
		}
	}
}
