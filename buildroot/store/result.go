package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Result is what an action came to.
type Result struct {
	Trees map[string]string // digests of trees by the action's own names for them
	Blobs map[string]string // digests of blobs likewise
	Notes []string          // what the action wants said each time it is taken from the store
	Took  time.Duration     // how long it ran; zero or more
}

// resultFormat is the first line of a result.
const resultFormat = "ashlar result 1"

// PutResult stores the result of an action, in the place of an older one. The
// trees and blobs that it names must be stored. When it returns, the result is
// on the disk, and all it names was before.
func (s *Store) PutResult(ctx context.Context, id string, r Result) error {
	if err := s.putResult(ctx, id, r); err != nil {
		return fmt.Errorf("put result %s: %w", id, err)
	}
	return nil
}

func (s *Store) putResult(ctx context.Context, id string, r Result) error {
	if err := checkName(id); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ses, err := s.begin()
	if err != nil {
		return err
	}
	missing, err := s.missing(r)
	if err != nil {
		return err
	}
	if missing != "" {
		return fmt.Errorf("%s is not in the store", missing)
	}
	tmp := ses.temp("result")
	f, err := s.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Full(err)
	}
	defer s.root.Remove(tmp) // fails after the rename, and may
	defer f.Close()
	if _, err := f.Write(r.encode()); err != nil {
		return Full(err)
	}
	return s.commit(&pending{from: tmp, dir: resultsDir, name: id, file: f})
}

// Result looks up what an action came to. A result whose trees or blobs are
// gone, or that cannot be read, is absent: the action is to run again. What is
// found stays as long as this Store is open.
func (s *Store) Result(id string) (Result, bool, error) {
	if err := checkName(id); err != nil {
		return Result{}, false, fmt.Errorf("result: %w", err)
	}
	r, ok, err := s.result(id)
	if err != nil {
		return Result{}, false, fmt.Errorf("result %s: %w", id, err)
	}
	return r, ok, nil
}

func (s *Store) result(id string) (Result, bool, error) {
	data, err := s.readResult(id)
	if data == nil || err != nil {
		return Result{}, false, err
	}
	r, err := decodeResult(data)
	if err != nil {
		return Result{}, false, nil
	}
	missing, err := s.missing(r)
	if err != nil || missing != "" {
		return Result{}, false, err
	}
	return r, true, nil
}

// readResult reads a result's bytes and notes that it was used; nil if there is
// none. It takes the time of use from the open file, to ask the disk once less.
func (s *Store) readResult(id string) ([]byte, error) {
	if _, err := s.begin(); err != nil {
		return nil, err
	}
	f, err := s.results.Open(id)
	if err != nil {
		return nil, unlessAbsent(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if there, err := s.touch(s.results, id, fi); !there || err != nil {
		return nil, err
	}
	data := make([]byte, fi.Size())
	_, err = io.ReadFull(f, data) // its size never changes: it was renamed whole
	return data, err
}

// missing names something of r that the store lacks.
func (s *Store) missing(r Result) (string, error) {
	for _, name := range slices.Sorted(maps.Keys(r.Trees)) {
		if ok, err := s.use(s.trees, r.Trees[name]); !ok || err != nil {
			return "tree " + r.Trees[name], err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Blobs)) {
		if ok, err := s.use(s.blobs, r.Blobs[name]); !ok || err != nil {
			return "blob " + r.Blobs[name], err
		}
	}
	return "", nil
}

func (r Result) check() error {
	if r.Took < 0 {
		return fmt.Errorf("it took %v", r.Took)
	}
	for _, m := range []map[string]string{r.Trees, r.Blobs} {
		for name, digest := range m {
			if err := checkDigest(digest); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
		}
	}
	return nil
}

// encode writes r a line a fact, names sorted; equal results are equal bytes.
// The last line is "end", so that a result that lost its tail does not count.
func (r Result) encode() []byte {
	b := fmt.Appendf(nil, "%s\ntook %d\n", resultFormat, r.Took.Nanoseconds())
	for _, name := range slices.Sorted(maps.Keys(r.Trees)) {
		b = fmt.Appendf(b, "tree %s %s\n", r.Trees[name], strconv.Quote(name))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Blobs)) {
		b = fmt.Appendf(b, "blob %s %s\n", r.Blobs[name], strconv.Quote(name))
	}
	for _, note := range r.Notes {
		b = fmt.Appendf(b, "note %s\n", strconv.Quote(note))
	}
	return append(b, "end\n"...)
}

var errResult = errors.New("not a result")

func decodeResult(data []byte) (Result, error) {
	body, ok := strings.CutPrefix(string(data), resultFormat+"\n")
	if !ok || !bytes.HasSuffix(data, []byte("\nend\n")) {
		return Result{}, errResult
	}
	var r Result
	for line := range strings.Lines(strings.TrimSuffix(body, "end\n")) {
		if err := r.decodeLine(strings.TrimSuffix(line, "\n")); err != nil {
			return Result{}, err
		}
	}
	return r, r.check()
}

func (r *Result) decodeLine(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "took":
		n, err := strconv.ParseInt(rest, 10, 64)
		r.Took = time.Duration(n)
		return err
	case "tree":
		return decodeEntry(&r.Trees, rest)
	case "blob":
		return decodeEntry(&r.Blobs, rest)
	case "note":
		note, err := strconv.Unquote(rest)
		r.Notes = append(r.Notes, note)
		return err
	}
	return errResult
}

func decodeEntry(m *map[string]string, rest string) error {
	digest, quoted, _ := strings.Cut(rest, " ")
	name, err := strconv.Unquote(quoted)
	if *m == nil {
		*m = make(map[string]string)
	}
	(*m)[name] = digest
	return err
}

// digests lists what r names.
func (r Result) digests() []string {
	return slices.AppendSeq(slices.Collect(maps.Values(r.Trees)), maps.Values(r.Blobs))
}
