package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// damage is a command of scripts: it changes a byte of the largest file below
// each directory, as a bad disk would.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: damage DIR...")
	}
	for _, dir := range args {
		var largest string
		var size int64
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.HasSuffix(name, "/index") {
				return err
			}
			info, err := d.Info()
			if err == nil && info.Size() > size {
				largest, size = name, info.Size()
			}
			return err
		})
		ts.Check(err)
		ts.Check(flip(largest, size/2))
	}
}

func flip(name string, at int64) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 0xff
	if _, err := f.WriteAt(b, at); err != nil {
		return err
	}
	return os.Chmod(name, info.Mode())
}
