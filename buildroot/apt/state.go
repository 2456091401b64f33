package apt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/apt/release"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// The directories of a Client.
const (
	releasesDir = "releases" // what archives' Release files said last
	indexesDir  = "indexes"  // by index.Key
)

// stateFormat changes when what is written below releases does.
const stateFormat = "ashlar release 1"

// A kept is what is known of an archive, on disk between runs. Only what bore a
// good signature and passed all checks is kept.
type kept struct {
	Format  string
	URL     string           // of the file, for the validators
	ETag    string           // of InRelease
	LastMod string           // likewise
	Asked   time.Time        // when the archive last said that it is the newest
	Keys    string           // digest of the keys that it was checked with
	Release *release.Release // with the Packages files only
}

// stateName is the file of an archive's state. The keys are not part of it: a
// Release file that is older than one seen before is refused also after the keys
// have changed.
func (c *Client) stateName(a lock.Archive) string {
	h := sha256.Sum256([]byte(a.URI + "\n" + a.Suite))
	return filepath.Join(c.dir, releasesDir, hex.EncodeToString(h[:16])+".json")
}

// keysDigest names a set of keys.
func keysDigest(a lock.Archive) string {
	h := sha256.New()
	for _, k := range a.SignedBy {
		fmt.Fprintf(h, "%d:%s", len(k), k)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// load reads the state of an archive; nil if there is none, or none of this
// format.
func (c *Client) load(a lock.Archive) (*kept, error) {
	data, err := os.ReadFile(c.stateName(a))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of archive %s: %w", a.Name, err)
	}
	k := &kept{}
	if json.Unmarshal(data, k) != nil || k.Format != stateFormat || k.Release == nil {
		return nil, nil
	}
	return k, nil
}

// save writes the state of an archive.
func (c *Client) save(a lock.Archive, k *kept) error {
	data, err := json.Marshal(k)
	if err == nil {
		err = WriteFile(c.stateName(a), data)
	}
	if err != nil {
		return fmt.Errorf("keep the state of archive %s: %w", a.Name, err)
	}
	return nil
}

// hold keeps other processes from an archive's state until the returned function
// is called.
func (c *Client) hold(a lock.Archive) (release func(), err error) {
	name := strings.TrimSuffix(c.stateName(a), ".json") + ".lock"
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("hold archive %s: %w", a.Name, err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("hold archive %s: %w", a.Name, err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hold archive %s: %w", a.Name, err), f.Close())
	}
	return func() { f.Close() }, nil
}

// WriteFile writes a file that is whole or not there, and makes its directory.
func WriteFile(name string, data []byte) error { return store.Full(writeFile(name, data)) }

func writeFile(name string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
