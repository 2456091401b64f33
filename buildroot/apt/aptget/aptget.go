// Package aptget asks apt-get in a root directory of its own, over an empty dpkg
// status, so that tests can hold our answers beside apt's. It touches nothing of
// the host and installs nothing: apt-get is asked with -s, or to print the URIs of
// what it would fetch, before which it says what it would install.
//
// The product does not import it.
package aptget

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what a root's apt-get knows.
type Options struct {
	Arches  []string // the native one first
	Sources []string // lines of sources.list(5)

	// Order says that apt-get is also to find an order in which it would unpack
	// and configure what it answers. It never changes the answer, and takes
	// several times as long as the answer for hundreds of packages.
	Order bool
}

// A Root is the directory.
type Root struct {
	Dir    string
	config string
	order  bool
}

// configText is apt's configuration: all below one directory, nothing of the
// host's but its keys.
const configText = `Dir "%[1]s/";
Dir::State::status "%[1]s/var/lib/dpkg/status";
Dir::Etc::trusted "/etc/apt/trusted.gpg";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
APT::Architecture "%[2]s";
APT::Architectures { %[3]s };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
`

// New makes a root in dir and lets apt-get fetch the indexes of its sources.
func New(ctx context.Context, dir string, o Options) (*Root, error) {
	for _, d := range []string{"etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d", "var/lib/apt/lists/partial", "var/lib/dpkg", "var/cache/apt/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	r := &Root{Dir: dir, config: filepath.Join(dir, "apt.conf"), order: o.Order}
	for name, text := range map[string]string{
		"apt.conf":             fmt.Sprintf(configText, dir, o.Arches[0], `"`+strings.Join(o.Arches, `"; "`)+`";`),
		"etc/apt/sources.list": strings.Join(o.Sources, "\n") + "\n",
		"var/lib/dpkg/status":  "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if out, err := r.run(ctx, "update"); err != nil {
		return nil, fmt.Errorf("apt-get update: %w\n%s", err, out)
	}
	return r, nil
}

// List returns the file that apt-get keeps of a source, such as
// "main_binary-amd64_Packages".
func (r *Root) List(uri, suite, name string) ([]byte, error) {
	_, rest, _ := strings.Cut(uri, ":")
	rest = strings.ReplaceAll(strings.TrimLeft(rest, "/"), "/", "_")
	if !strings.Contains(uri, "://") {
		rest = "_" + rest // a directory of this machine
	}
	return os.ReadFile(filepath.Join(r.Dir, "var/lib/apt/lists", rest+"_dists_"+suite+"_"+name))
}

// run runs apt-get.
func (r *Root) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "APT_CONFIG=" + r.config}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// An Answer is what apt-get would do.
type Answer struct {
	Packages []string // "name version", sorted
	Refused  string   // its first complaint, if it would do nothing

	// Unordered is its complaint if it found the packages, and then no order in
	// which it can unpack and configure them.
	Unordered string
}

// Install asks for what `apt-get install` makes of a request.
func (r *Root) Install(ctx context.Context, request []string, recommends bool) (Answer, error) {
	return r.ask(ctx, "install", request, recommends)
}

// Satisfy asks for what `apt-get satisfy` makes of relations, each an argument.
func (r *Root) Satisfy(ctx context.Context, relations []string, recommends bool) (Answer, error) {
	return r.ask(ctx, "satisfy", relations, recommends)
}

// BuildDepends asks for what `apt-get build-dep` makes of a source package with these
// fields, such as "Build-Depends: a, b".
func (r *Root) BuildDepends(ctx context.Context, fields []string, recommends bool) (Answer, error) {
	f, err := os.CreateTemp(r.Dir, "*.dsc")
	if err != nil {
		return Answer{}, err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "Format: 3.0 (quilt)\nSource: source\nBinary: source\nArchitecture: any\nVersion: 1\n%s\n", strings.Join(fields, "\n"))
	if err := errors.Join(err, f.Close()); err != nil {
		return Answer{}, err
	}
	return r.ask(ctx, "build-dep", []string{f.Name()}, recommends)
}

func (r *Root) ask(ctx context.Context, verb string, request []string, recommends bool) (Answer, error) {
	flag := "--no-install-recommends"
	if recommends {
		flag = "--install-recommends"
	}
	args := []string{"-o", "APT::Get::Show-Versions=true", flag}
	if r.order {
		args = append(args, "-s")
	} else {
		args = append(args, "-y", "--print-uris")
	}
	out, err := r.run(ctx, append(append(args, verb), request...)...)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		return Answer{}, err
	}
	var a Answer
	if err != nil {
		if a.Refused = complaint(out); a.Refused == "" {
			return Answer{}, fmt.Errorf("apt-get: %w\n%s", err, out)
		}
	}
	a.Packages = listed(out)
	if len(a.Packages) > 0 {
		a.Refused, a.Unordered = "", a.Refused
	}
	return a, nil
}

// complaint is the first error in apt-get's output.
func complaint(out string) string {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "E: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// listed reads what apt-get is about to install: a line "   name (version)" for
// each, below a heading.
func listed(out string) []string {
	_, list, _ := strings.Cut("\n"+out, "\nThe following NEW packages will be installed:\n")
	var all []string
	for line := range strings.Lines(list) {
		name, version, ok := strings.Cut(strings.TrimSpace(line), " (")
		if !ok || !strings.HasPrefix(line, " ") {
			break
		}
		all = append(all, name+" "+strings.TrimSuffix(version, ")"))
	}
	slices.Sort(all)
	return all
}
