package git

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// What a repository may say of a commit or ref that it was asked for.
var (
	errAbsent  = errors.New("it has no such commit")
	errRefused = errors.New("it gives no commit by its name alone")
)

// A sign is what programs write when something went wrong, and what that means.
type sign struct {
	text   string // part of a line
	what   string // see filler; empty: the line itself
	remedy string
	err    error // a kind that callers ask for
	again  bool
}

// signs are in order: the first that is found counts. They are what git 2.30 to 2.51,
// libcurl and OpenSSH print in the C locale.
func signs() []sign {
	const network = "look at the network and the proxy variables, or name another address"
	return []sign{
		{text: "REMOTE HOST IDENTIFICATION HAS CHANGED", what: "%h has another host key than the one in known_hosts", remedy: "ask its owners whether they changed it; then `ssh-keygen -R %k`, and connect once with ssh"},
		{text: "Host key verification failed", what: "nobody has confirmed the host key of %h", remedy: "connect once with `ssh %l%h`, and compare the key with the one that its owners publish"},
		{text: "Permission denied (", what: "%h knows none of the keys that ssh offers", remedy: "look at `ssh-add -l`, and try `ssh -T %l%h`"},
		{text: "Too many authentication failures", what: "%h knows none of the first keys that ssh offers", remedy: "write IdentitiesOnly and IdentityFile for it into ~/.ssh/config"},
		{text: "UNPROTECTED PRIVATE KEY FILE", what: "ssh does not use a key that others can read", remedy: "chmod 600 the key"},
		{text: "Could not resolve host", what: "host %h has no address", remedy: network, again: true},
		{text: "Name or service not known", what: "host %h has no address", remedy: network, again: true},
		{text: "Temporary failure in name resolution", what: "host %h has no address", remedy: network, again: true},
		{text: "Connection refused", what: "nobody listens there", remedy: network, again: true},
		{text: "Failed to connect to", what: "nobody answers there", remedy: network, again: true},
		{text: "Couldn't connect to server", what: "nobody answers there", remedy: network, again: true},
		{text: "Connection timed out", what: "nobody answers there", remedy: network, again: true},
		{text: "No route to host", what: "there is no way to %h", remedy: network, again: true},
		{text: "Network is unreachable", what: "there is no way to %h", remedy: network, again: true},
		{text: "Operation too slow", what: "nothing came for a minute", remedy: network, again: true},
		{text: "certificate", remedy: "add the authority's certificate to the system's, or name its file in SSL_CERT_FILE, and look at this machine's clock"},
		{text: "not our ref", err: errAbsent},
		{text: "unadvertised object", err: errRefused},
		{text: "couldn't find remote ref", err: errRefused},
		{text: "no such remote ref", err: errRefused},
		{text: "does not support shallow capabilities", err: errRefused},
		{text: " not valid", err: errRefused},
		{text: "dubious ownership", what: "git does not read it, because it is another user's", remedy: "git config --global --add safe.directory %p"},
		{text: "The requested URL returned error: 429", what: "the server answers 429 Too Many Requests", remedy: "try again later", again: true},
		{text: "The requested URL returned error: 5", remedy: "try again later", again: true},
		{text: "command not found", what: "%h has no git for who logs in", remedy: "correct the address"},
		{text: "not found", what: "there is no repository, or none for who asks", remedy: "correct the address%t"},
		{text: "The requested URL returned error: 404", what: "there is no repository, or none for who asks", remedy: "correct the address%t"},
		{text: "does not appear to be a git repository", what: "there is no repository", remedy: "correct the address"},
		{text: "not a git repository", what: "there is no repository", remedy: "correct the address"},
		{text: "No such file or directory", what: "there is no repository", remedy: "correct the address"},
		{text: "Permission denied", what: "it may not be read", remedy: "let who runs ashlar read it"},
		{text: "No space left on device", remedy: "free some space, or name another store with --store DIR"},
		{text: "early EOF", what: "the connection broke", remedy: "try again later", again: true},
		{text: "remote end hung up", what: "the connection broke", remedy: "try again later", again: true},
		{text: "Connection reset", what: "the connection broke", remedy: "try again later", again: true},
		{text: "unexpected disconnect", what: "the connection broke", remedy: "try again later", again: true},
	}
}

// judge makes a failure of what programs said. With login they had a name and a
// password.
func judge(u giturl.URL, text string, login bool) *fetch.GitError {
	if refusesLogin(text) {
		if login {
			return final("look at the secret or the netrc entry for "+u.Host, "%s does not take the name and password that it was sent", u.Host)
		}
		return final(fmt.Sprintf("write [secret.NAME] host = %q into the recipe and tell the secret, or put a name and a password into ~/.netrc", u.Host), "%s asks for a name and a password", u.Host)
	}
	fill := filler(u)
	for _, s := range signs() {
		line := lineWith(text, s.text)
		switch {
		case line == "":
			continue
		case s.err != nil:
			return &fetch.GitError{Err: s.err}
		case s.what == "":
			s.what = strings.ReplaceAll(line, "%", "%%")
		}
		return &fetch.GitError{Err: errors.New(fill.Replace(s.what)), Remedy: fill.Replace(s.remedy), Again: s.again}
	}
	what := lastWords(text)
	if what == "" {
		what = "git failed and said nothing"
	}
	return &fetch.GitError{Err: errors.New(what), Again: true}
}

func refusesLogin(text string) bool {
	for _, s := range []string{"Authentication failed", "could not read Username", "could not read Password", "terminal prompts disabled", "The requested URL returned error: 401", "The requested URL returned error: 403"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// filler puts parts of an address into messages: %h is its host, %l what ssh wants
// before that, %k its name in known_hosts, %p its path, and %t a further remedy.
func filler(u giturl.URL) *strings.Replacer {
	login, token, known := "", "", u.Host
	if u.Port != "" {
		login = "-p " + u.Port + " "
		known = fmt.Sprintf("'[%s]:%s'", u.Host, u.Port) // as known_hosts has it, for a shell
	}
	if u.User != "" {
		login += u.User + "@"
	}
	if u.Scheme == giturl.HTTPS {
		token = fmt.Sprintf(", or write [secret.NAME] host = %q if it is private", u.Host)
	}
	return strings.NewReplacer("%h", u.Host, "%l", login, "%k", known, "%p", u.Path, "%t", token, "%%", "%")
}

// lineWith is the first line that has a text, for people.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return printable(line)
		}
	}
	return ""
}

// lastWords is what a program said last of what went wrong.
func lastWords(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Reverse(lines)
	for _, l := range lines {
		if strings.HasPrefix(l, "fatal: ") || strings.HasPrefix(l, "error: ") {
			return printable(l)
		}
	}
	return printable(lines[0])
}

// printable is one line without what a terminal would obey, and without the word
// that programs begin it with.
func printable(line string) string {
	line = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(line))
	for _, word := range []string{"fatal: ", "error: ", "remote: "} {
		line = strings.TrimPrefix(line, word)
	}
	return line
}
