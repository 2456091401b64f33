package deb

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// control reads the control archive: plain files at its top, kept as they are.
func (u *unpacker) control(ctx context.Context, r io.Reader) error {
	if err := u.claim(controlDir); err != nil {
		return err
	}
	if err := os.Mkdir(u.path(controlDir), 0o755); err != nil {
		return err
	}
	left := int64(maxControl)
	t := tar.NewReader(io.LimitReader(r, maxControl+64<<10))
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if left -= h.Size + 512; left < 0 {
			return fmt.Errorf("its control members are larger than %d MiB: %s", maxControl>>20, refuse)
		}
		if err := u.member(t, h); err != nil {
			return err
		}
	}
	return u.readControl()
}

// member keeps one control member.
func (u *unpacker) member(t *tar.Reader, h *tar.Header) error {
	name := strings.TrimPrefix(h.Name, "./")
	if h.Typeflag == tar.TypeDir && (name == "" || name == ".") || h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	if h.Typeflag != tar.TypeReg || !memberName(name) {
		return fmt.Errorf("control member %.80q (type %q) is no plain file with a plain name: %s", h.Name, h.Typeflag, refuse)
	}
	if u.pkg.Has(name) {
		return fmt.Errorf("control member %s is there twice: %s", name, refuse)
	}
	data, err := io.ReadAll(t)
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if h.Mode&0o100 != 0 {
		mode = 0o755
	}
	path := filepath.Join(u.path(controlDir), name)
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		return err
	}
	if err := os.Chtimes(path, h.ModTime, h.ModTime); err != nil {
		return err
	}
	if name == "control" {
		u.time = h.ModTime
	}
	u.pkg.Index.Meta[metaControl+name] = digest(data)
	return nil
}

// memberName reports whether name can be a control member's: dpkg joins it to
// the package's name in one directory.
func memberName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+"
	if name == "" || name[0] == '.' || len(name) > 100 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(letters, r) })
}

func (u *unpacker) readControl() error {
	text, err := u.pkg.Member("control")
	if err != nil {
		return err
	}
	if text == nil {
		return errors.New("it has no member control: this is no Debian package")
	}
	if u.pkg.Control, err = ParseControl(text); err != nil {
		return err
	}
	conffiles, err := u.pkg.Member("conffiles")
	u.pkg.Conffiles = parseConffiles(conffiles)
	return err
}
