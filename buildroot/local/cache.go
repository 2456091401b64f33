package local

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/usher"
)

// cacheFormat is the first line of a cache; another one is not read.
const cacheFormat = "ashlar stat cache 1"

// settle is how long a file must have been left alone before its digest is
// remembered: within one tick of the file system's clock it could change again
// and look the same.
const settle = 100 * time.Millisecond

// A cache remembers digests of a workspace's files, by all that the kernel says
// of a file that nobody touched.
type cache struct {
	dir     string // of caches
	file    string // of this workspace; empty until it is loaded
	now     time.Time
	known   map[string]remembered // by name
	changed bool
}

// remembered is what a file was when it was last read.
type remembered struct {
	sum      string
	identity string
}

func newCache(dir string) *cache { return &cache{dir: dir, known: map[string]remembered{}} }

// load reads the cache of the workspace, once. One that cannot be read is as
// good as none.
func (c *cache) load(files fs.FS) error {
	if c.file != "" {
		return nil
	}
	info, err := fs.Stat(files, ".")
	if err != nil {
		return err
	}
	id, _ := info.Sys().(usher.Identity)
	c.file = filepath.Join(c.dir, fmt.Sprintf("%x-%x", id.Device, id.Inode))
	c.now = time.Now()
	data, err := os.ReadFile(c.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, ok := strings.CutPrefix(string(data), cacheFormat+"\n")
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if !ok || len(fields) != 3 || !strings.HasSuffix(line, "\n") {
			continue
		}
		if name, err := strconv.Unquote(fields[2]); err == nil {
			c.known[name] = remembered{fields[0], fields[1]}
		}
	}
	return nil
}

// identity is what must be the same for a file to be the same.
func identity(info fs.FileInfo, id usher.Identity) string {
	return fmt.Sprintf("%d %d %d %d %d", info.Size(), info.ModTime().UnixNano(), id.Changed.UnixNano(), id.Device, id.Inode)
}

func (c *cache) get(name string, info fs.FileInfo, id usher.Identity) (string, bool) {
	r, ok := c.known[name]
	return r.sum, ok && r.identity == identity(info, id)
}

func (c *cache) put(name string, info fs.FileInfo, id usher.Identity, sum string) {
	if c.now.Sub(id.Changed) < settle || c.now.Sub(info.ModTime()) < settle {
		return
	}
	c.known[name] = remembered{sum, identity(info, id)}
	c.changed = true
}

// save writes what is known, if something is new. It appears as a whole: other
// processes may be reading.
func (c *cache) save() error {
	if !c.changed {
		return nil
	}
	var b bytes.Buffer
	b.WriteString(cacheFormat + "\n")
	for _, name := range slices.Sorted(maps.Keys(c.known)) {
		fmt.Fprintf(&b, "%s\t%s\t%q\n", c.known[name].sum, c.known[name].identity, name)
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return err
	}
	c.changed = false
	return os.Rename(f.Name(), c.file)
}
