package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/git/gittest"
)

// A pretendWorld is what a script's commands reach on loopback: a mirror of
// archives, which ashlar.toml calls http://archive.test, and a registry, $REGISTRY.
type pretendWorld struct {
	t       testing.TB
	mirror  *mirrortest.Mirror
	key     *apttest.Key
	began   time.Time
	changes int                 // of archives
	pool    map[string][]string // by suite, what it has in the pool
	tls     bool                // the mirror speaks https
	ssh     *gittest.SSH        // of sshd
}

func newWorld(t testing.TB) *pretendWorld {
	return &pretendWorld{t: t, began: time.Now().Add(-time.Hour).Truncate(time.Second), pool: map[string][]string{}}
}

// worldKey finds a script's world among its values.
type worldKey struct{}

// scriptCommands are what scripts can do besides those of testscript:
//
//	archive SUITE FILE    publish the packages of FILE, stanzas of debian/control, as
//	                      SUITE of http://archive.test/debian, signed by archive.asc,
//	                      which is archive.gpg without armour; other.asc is another
//	                      key, and both.asc and both.gpg are both;
//	                      what it had before is gone, as from Debian's pool
//	secure                before the first archive: the mirror speaks https, with the
//	                      certificate of authority.pem
//	publish PATH FILE     put FILE on the mirror, which recipes call
//	                      http://archive.test as well; $MIRROR is its URL
//	registry              start a registry, $REGISTRY
//	[!] asked REGEXP      whether the mirror was asked for a path since it was last
//	                      asked for so
//	page FILE N           write the files of the Nth state of a page of docs: its fenced
//	                      blocks that name one, of which a later one replaces an earlier
//	misbehave PATH FAULT  answer all requests for PATH, below debian or with a leading
//	                      /, by a fault: corrupt, html, truncate, loop, login (asks
//	                      for robot's password, hush), token (asks for the token
//	                      whispered-word), fine, or a status
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	in := func(f func(w *pretendWorld, ts *testscript.TestScript, neg bool, args []string)) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			f(ts.Value(worldKey{}).(*pretendWorld), ts, neg, args)
		}
	}
	all := map[string]func(*testscript.TestScript, bool, []string){
		"archive": in((*pretendWorld).archive), "secure": in((*pretendWorld).secure), "registry": in((*pretendWorld).registry),
		"publish": in((*pretendWorld).publish), "asked": in((*pretendWorld).asked), "misbehave": in((*pretendWorld).misbehave),
		"damage": damage, "page": page,
	}
	maps.Copy(all, gitCommands())
	return all
}

func (w *pretendWorld) start(ts *testscript.TestScript) {
	if w.mirror == nil {
		w.mirror = mirrortest.Start(w.t)
		if w.tls {
			w.mirror = mirrortest.StartTLS(w.t)
			ts.Check(os.WriteFile(ts.MkAbs("authority.pem"), w.mirror.Authority, 0o644))
		}
		w.key = apttest.NewKey(w.t, w.began, 0)
		other := apttest.NewKey(w.t, w.began, 0)
		for name, text := range map[string]string{
			"archive.asc": w.key.Public(w.t), "archive.gpg": w.key.Binary(w.t), "other.asc": other.Public(w.t),
			"both.gpg": other.Binary(w.t) + w.key.Binary(w.t), "both.asc": other.Public(w.t) + w.key.Public(w.t),
		} {
			ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
		}
		settings := strings.ReplaceAll(ts.ReadFile("ashlar.toml"), "http://archive.test", w.mirror.URL)
		ts.Check(os.WriteFile(ts.MkAbs("ashlar.toml"), []byte(settings), 0o644))
	}
}

func (w *pretendWorld) secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 || w.mirror != nil {
		ts.Fatalf("usage: secure, before the first archive")
	}
	w.tls = true
}

func (w *pretendWorld) archive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: archive SUITE FILE")
	}
	w.start(ts)
	suite := args[0]
	for _, name := range w.pool[suite] {
		w.mirror.Remove("/debian/" + name)
	}
	w.pool[suite] = nil
	var packages strings.Builder
	for stanza := range strings.SplitSeq(strings.TrimSpace(ts.ReadFile(args[1])), "\n\n") {
		text, name, data := w.pretendDeb(ts, suite, stanza)
		w.mirror.Put("/debian/"+name, data)
		w.pool[suite] = append(w.pool[suite], name)
		packages.WriteString(text + "\n")
	}
	w.changes++
	a := apttest.Archive{Suite: suite, Date: w.began.Add(time.Duration(w.changes) * time.Minute), Packages: packages.String()}
	release, files := a.Release()
	for name, data := range files {
		w.mirror.Put("/debian/dists/"+suite+"/"+name, data)
	}
	w.mirror.Put("/debian/dists/"+suite+"/InRelease", w.key.Inline(w.t, release))
}

// pretendDeb makes the package of a stanza, and returns its stanza of a Packages
// file and its path. Changelog names the file of the script that it has as its
// changelog, Ships a path and the file of the script that it has there, Postinst the
// file of the script with its maintainer script, and Seconds how long after the
// world began its files were made; else they are of 1970.
func (w *pretendWorld) pretendDeb(ts *testscript.TestScript, suite, stanza string) (text, name string, data []byte) {
	d := debtest.Deb{Arch: "amd64", Version: "1"}
	source, made := "", int64(0)
	for line := range strings.Lines(stanza + "\n") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Package":
			d.Name = value
		case "Version":
			d.Version = value
		case "Changelog":
			d.Files = append(d.Files, debtest.File{Path: "./usr/share/doc/" + d.Name + "/changelog.Debian.gz", Data: zipped(ts.ReadFile(value))})
		case "Ships":
			at, file, _ := strings.Cut(value, " ")
			d.Files = append(d.Files, debtest.File{Path: "." + at, Data: ts.ReadFile(file)})
		case "Postinst":
			d.Members = map[string]string{"postinst": ts.ReadFile(value)}
		case "Seconds":
			after, err := time.ParseDuration(value + "s")
			ts.Check(err)
			made = w.began.Add(after).Unix()
		case "Source":
			source = value
			d.Fields += line
		default:
			d.Fields += line
		}
	}
	if source == "" {
		source = d.Name
	}
	pool := "pool/main/"
	if strings.HasSuffix(suite, "-security") {
		pool = "pool/updates/main/"
	}
	d.Files = append(d.Files, debtest.File{Path: "./usr/share/" + d.Name + "/version", Data: d.Version + "\n"})
	for i := range d.Files {
		d.Files[i].MTime = made
	}
	name = path.Join(pool, source[:1], source, fmt.Sprintf("%s_%s_amd64.deb", d.Name, d.Version))
	data = d.Bytes()
	text = fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64\n%sFilename: %s\nSize: %d\nSHA256: %s\n", d.Name, d.Version, d.Fields, name, len(data), apttest.Digest(data))
	return text, name, data
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text) // into memory
	z.Close()
	return b.String()
}

func (w *pretendWorld) publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish PATH FILE")
	}
	w.start(ts)
	w.mirror.Put("/"+args[0], []byte(ts.ReadFile(args[1])))
	ts.Setenv("MIRROR", w.mirror.URL)
	recipes, err := filepath.Glob(ts.MkAbs("recipes/*/recipe.toml"))
	ts.Check(err)
	for _, file := range recipes {
		text, err := os.ReadFile(file)
		ts.Check(err)
		ts.Check(os.WriteFile(file, bytes.ReplaceAll(text, []byte("http://archive.test"), []byte(w.mirror.URL)), 0o644))
	}
}

func (w *pretendWorld) registry(ts *testscript.TestScript, neg bool, args []string) {
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	w.t.Cleanup(s.Close)
	ts.Setenv("REGISTRY", strings.TrimPrefix(s.URL, "http://"))
}

func (w *pretendWorld) asked(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: asked REGEXP")
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	var found []string
	for _, r := range w.mirror.Requests() {
		if re.MatchString(r.Path) {
			found = append(found, r.Path)
		}
	}
	w.mirror.Forget()
	if neg && len(found) > 0 || !neg && len(found) == 0 {
		ts.Fatalf("asked for %q", found)
	}
}

// login answers with the file to who knows the password.
func login(w http.ResponseWriter, r *http.Request, data []byte) {
	if user, password, _ := r.BasicAuth(); user != "robot" || password != "hush" {
		mirrortest.Status(http.StatusUnauthorized)(w, r, data)
		return
	}
	mirrortest.Fine(w, r, data)
}

// token answers with the file to who has the token.
func token(w http.ResponseWriter, r *http.Request, data []byte) {
	if r.Header.Get("Authorization") != "Bearer whispered-word" {
		mirrortest.Status(http.StatusUnauthorized)(w, r, data)
		return
	}
	mirrortest.Fine(w, r, data)
}

func (w *pretendWorld) misbehave(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: misbehave PATH FAULT")
	}
	faults := map[string]mirrortest.Fault{
		"corrupt": mirrortest.Corrupt, "html": mirrortest.HTML, "truncate": mirrortest.Truncate(10), "login": login, "token": token, "loop": mirrortest.Redirect("/debian/" + args[0]), "fine": nil,
	}
	fault, ok := faults[args[1]]
	if !ok {
		var code int
		if _, err := fmt.Sscan(args[1], &code); err != nil {
			ts.Fatalf("there is no fault %s", args[1])
		}
		fault = mirrortest.Status(code)
	}
	file := args[0]
	if !path.IsAbs(file) {
		file = "/debian/" + file
	}
	w.mirror.Always(file, fault)
}
