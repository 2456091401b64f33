// Package store keeps results and downloads on disk by digest. An entry is
// complete or it is absent: its name appears only when its bytes are on the
// disk, whatever was killed and whenever the power went.
//
// It knows neither recipes nor packages nor containers, and does not look into
// the trees it keeps. Several processes may use one store at once.
//
// # On disk
//
//	version            "ashlar store 1"
//	blobs/DIGEST       files by the SHA-256 of their bytes
//	trees/DIGEST/      directories by a digest that their maker chose
//	results/ID         what an action came to: names of trees and blobs
//	partial/NAME       downloads that are not finished
//	kept/NAME          scratch directories of failed steps
//	caches/NAME/       what tools keep for themselves; flock while in use
//	locks/ID           flock: who runs an action, who downloads a file
//	run/SESSION/       all that one process has not finished; flock on its "lock"
//	use, gc            flock: see below
//
// # Order
//
// What is written is written below run/SESSION. When it is whole, its data are
// synced; then it is renamed to its name; then the directory of that name is
// synced; then the call returns. So a name that a crash leaves behind has its
// bytes, and what a call said to be stored is stored. Calls that come while a
// sync is under way share the next one.
//
// # Use and removal
//
// A process that uses an entry first makes itself a session. An entry's
// modification time is its last use, to within a day: an older one is set
// anew, under a shared lock on "use". [Store.GC] removes under an exclusive lock
// on "use", and nothing that was used later than a day before the oldest living
// session began. What a living process was told to be there therefore stays.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

const versionName = "version"

// version is what the version file of a store holds. A change of anything that
// the package comment says of the disk gives it another number.
const version = "ashlar store 1\n"

// The directories of a store.
const (
	blobsDir   = "blobs"
	treesDir   = "trees"
	resultsDir = "results"
	partialDir = "partial"
	keptDir    = "kept"
	cachesDir  = "caches"
	locksDir   = "locks"
	runDir     = "run"
)

// The lock files of a store.
const (
	useLock = "use"
	gcLock  = "gc"
)

// Options are the choices of a store. The zero value is ready to use.
type Options struct {
	// NoSync leaves out every sync. What a crash of the machine leaves behind is
	// then worth nothing; a killed process still does no harm. For stores that
	// are thrown away with the machine.
	NoSync bool
}

// A Store is an open store. Its methods may be called at once by many.
type Store struct {
	dir  string
	root *os.Root
	self *os.File // the directory itself, for syncfs
	opts Options

	blobs, trees, results *os.Root

	// A file does not wait for the sync of the file system that trees wait for.
	commitFiles, commitTrees committer

	buffers sync.Pool // *[copySize]byte

	mu      sync.Mutex
	session *session // nil until something is used
}

// Dir is the absolute path of the store.
func (s *Store) Dir() string { return s.dir }

// Close ends the session of this Store: drafts and scratch directories that are
// still open are gone afterwards. What was stored stays.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.session != nil {
		errs = append(errs, s.session.end())
		s.session = nil
	}
	for _, c := range []interface{ Close() error }{s.blobs, s.trees, s.results, s.self, s.root} {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// A DigestError says that bytes are not the ones that their digest names.
type DigestError struct {
	Want, Got string // SHA-256 in hex
	Size      int64  // of what came, in bytes
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("wrong digest: sha256 %s (%d bytes) in place of %s", e.Got, e.Size, e.Want)
}

// checkDigest refuses what is no SHA-256 in lower-case hex, and so cannot be a
// path either.
func checkDigest(d string) error {
	if len(d) != hex.EncodedLen(sha256.Size) {
		return fmt.Errorf("digest %q: not 64 hexadecimal digits", d)
	}
	for i := range len(d) {
		if c := d[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return fmt.Errorf("digest %q: not 64 lower-case hexadecimal digits", d)
		}
	}
	return nil
}

// nameMax leaves room below the kernel's 255 bytes for endings of ours.
const nameMax = 200

// checkName refuses what cannot be one component of a path, and the ~ by which
// names of the store's own are told.
func checkName(n string) error {
	if n == "" || len(n) > nameMax || n[0] == '.' || n[0] == '-' {
		return fmt.Errorf("name %q: wants 1 to %d characters, the first neither . nor -", n, nameMax)
	}
	for i := range len(n) {
		switch c := n[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '-', c == '_', c == '+', c == ':', c == '@':
		default:
			return fmt.Errorf("name %q: may hold letters, digits and . - _ + : @ only", n)
		}
	}
	return nil
}

// path is the absolute path of a name of the store.
func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// IsFull reports whether err is of a disk that is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Full adds the remedy to the errors of a disk that is full.
func Full(err error) error {
	if IsFull(err) {
		return fmt.Errorf("%w: `ashlar gc` frees the store, --store names another", err)
	}
	return err
}

// absent reports whether err says that a name is not there.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
