package effects

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ashlar-build/ashlar/layer"
)

// The names inside a tree of effects; lines is a key of Meta, too.
const (
	rootDir     = "root"
	indexFile   = "index"
	linesFile   = "lines"
	reportsFile = "reports"

	metaDatabase = "database"
)

// Root is the directory that an overlay mount takes as a layer.
func (e *Effects) Root() string { return filepath.Join(e.Dir, rootDir) }

// Open reads effects that Run wrote.
func Open(dir string) (*Effects, error) {
	text, err := os.ReadFile(filepath.Join(dir, indexFile))
	if err != nil {
		return nil, fmt.Errorf("open effects: %w", err)
	}
	e := &Effects{Dir: dir}
	if e.Index, err = layer.ParseIndex(string(text)); err != nil {
		return nil, fmt.Errorf("open effects %s: %w", dir, err)
	}
	if err := readJSON(filepath.Join(dir, linesFile), &e.Lines); err != nil {
		return nil, fmt.Errorf("open effects: %w", err)
	}
	if err := readJSON(filepath.Join(dir, reportsFile), &e.Reports); err != nil {
		return nil, fmt.Errorf("open effects: %w", err)
	}
	return e, nil
}

// write makes Dir's files beside root/.
func (e *Effects) write() error {
	for _, f := range []struct {
		name string
		list any
	}{{linesFile, anys(e.Lines)}, {reportsFile, anys(e.Reports)}} {
		sum, err := writeJSON(filepath.Join(e.Dir, f.name), f.list.([]any))
		if err != nil {
			return err
		}
		if f.name == linesFile { // reports tell of a run, and are no part of what it made
			e.Index.Meta[f.name] = sum
		}
	}
	f, err := os.OpenFile(filepath.Join(e.Dir, indexFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := layer.WriteIndex(f, e.Index); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// writeJSON writes one value a line and returns the file's SHA-256.
func writeJSON(path string, list []any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, v := range list {
		if err := enc.Encode(v); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), os.WriteFile(path, b.Bytes(), 0o644)
}

func readJSON[T any](path string, list *[]T) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	for dec.More() {
		var v T
		if err := dec.Decode(&v); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		*list = append(*list, v)
	}
	return nil
}
