package buildroot

import (
	"path"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// cachePath is where a step finds its caches. What is below /run is in no result.
const cachePath = "/run/ashlar/cache"

// cacheSettings are what makes a tool use a cache; % is its directory.
// CCACHE_COMPILERCHECK: the compiler's time is the same in all buildroots, so
// that its bytes must tell, and inodes of one number are many files (ccache(1)).
// CACHE_DIR is where bundlers and their loaders keep things, which is otherwise
// node_modules/.cache (find-cache-dir).
var cacheSettings = map[string][]string{
	"ccache":   {"CCACHE_DIR=%", "CCACHE_COMPILERCHECK=content", "CCACHE_NOINODECACHE=1"},
	"go-build": {"GOCACHE=%"},
	"npm":      {"CACHE_DIR=%", "NODE_COMPILE_CACHE=%/node"},
}

// ccachePath has compilers by name that ask ccache first.
const ccachePath = "/usr/lib/ccache"

// caches opens the caches that the recipe asks for, and adds them to a job. They
// are closed with the building. A build with secrets has none: nobody searches what
// it leaves in a cache for them.
func (w *building) caches(j *job.Job) error {
	if w.Caches == nil || w.search != nil {
		return nil
	}
	for _, c := range w.do.Caches {
		cache := w.opened[c.Name]
		if cache == nil {
			var err error
			if cache, err = w.Caches.Cache(w.action.Recipe + ":" + c.Name); err != nil {
				return err
			}
			w.opened[c.Name] = cache
		}
		at := path.Join(cachePath, c.Name)
		j.Binds = append(j.Binds, job.Bind{From: cache.Dir(), To: at, Writable: true})
		for _, setting := range cacheSettings[c.Name] {
			j.Env = append(j.Env, strings.ReplaceAll(setting, "%", at))
		}
		if c.Name == "ccache" {
			prependPath(j, ccachePath)
		}
	}
	return nil
}

// prependPath puts a directory before those of a job's PATH.
func prependPath(j *job.Job, dir string) {
	for i, v := range j.Env {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			j.Env[i] = "PATH=" + dir + ":" + path
		}
	}
}

// closeCaches ends the use of the caches.
func (w *building) closeCaches() {
	for _, c := range w.opened {
		c.Close() // it was only read from, and locked
	}
}
