package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// A kind is what an entry of a tree is.
type kind byte

const (
	kindFile kind = iota
	kindProgram
	kindLink
	kindModule
)

// An entry is one file of a commit.
type entry struct {
	kind   kind
	object string
	path   string
}

// maxEntries is more than any tree has that is no bomb.
const maxEntries = 5_000_000

// list returns the files of a commit, sorted as git sorts them.
func (s *session) list(ctx context.Context, repo, commit string) ([]entry, error) {
	cmd, said := s.command(ctx, repo, "ls-tree", "-r", "-z", "--full-tree", commit)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	entries, err := parseTree(out)
	if err != nil {
		cmd.Cancel()
	}
	if failed := cmd.Wait(); err == nil && failed != nil {
		err = localError(failed, said)
	}
	return entries, err
}

// parseTree reads what git ls-tree -z prints: mode, type and object between blanks, a
// tab and a path, ended by a null byte.
func parseTree(r io.Reader) ([]entry, error) {
	items := bufio.NewScanner(r)
	items.Buffer(nil, 1<<20)
	items.Split(splitNull)
	var entries []entry
	for items.Scan() {
		e, err := parseEntry(items.Text())
		if err != nil {
			return nil, final("", "%w", err)
		}
		if len(entries) == maxEntries {
			return nil, final("", "it has more than %d files", maxEntries)
		}
		entries = append(entries, e)
	}
	if err := items.Err(); err != nil {
		return nil, final("", "read the tree: %w", err)
	}
	return entries, nil
}

func splitNull(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, errors.New("it ends in the middle")
	}
	return 0, nil, nil
}

func parseEntry(item string) (entry, error) {
	head, name, ok := strings.Cut(item, "\t")
	words := strings.Split(head, " ")
	if !ok || len(words) != 3 || !isObject(words[2]) {
		return entry{}, fmt.Errorf("git ls-tree printed %q", item)
	}
	e := entry{object: words[2], path: name}
	switch mode := words[0]; {
	case mode == "120000":
		e.kind = kindLink
	case mode == "160000":
		e.kind = kindModule
	case mode == "100755":
		e.kind = kindProgram
	case strings.HasPrefix(mode, "100"): // 100664 is of old programs
		e.kind = kindFile
	default:
		return entry{}, fmt.Errorf("%q has the mode %s, which no file of a repository has", name, mode)
	}
	if (words[1] == "commit") != (e.kind == kindModule) || words[1] != "commit" && words[1] != "blob" {
		return entry{}, fmt.Errorf("%q is a %s with the mode %s", name, words[1], words[0])
	}
	return e, checkPath(name)
}

// checkPath refuses names that are no files below a directory, or would be git's own.
func checkPath(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") {
			return fmt.Errorf("its tree has a file %q: this is no honest repository", name)
		}
	}
	return nil
}

// objects gives the contents of files, in the order in which they were asked for.
type objects struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	said *tail
	some bool // there was an object before
	done bool
}

// objects asks git for the contents of all files at once.
func (s *session) objects(ctx context.Context, repo string, entries []entry) (*objects, error) {
	cmd, said := s.command(ctx, repo, "cat-file", "--batch", "--buffer")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer in.Close()
		w := bufio.NewWriter(in)
		for _, e := range entries {
			if e.kind != kindModule {
				w.WriteString(e.object + "\n")
			}
		}
		w.Flush() // it fails if git does, which says so itself
	}()
	return &objects{cmd: cmd, out: bufio.NewReaderSize(out, 256<<10), said: said}, nil
}

// next goes to the next object, which must be the one named, and returns its size.
func (o *objects) next(object string) (int64, error) {
	if o.some {
		if b, err := o.out.ReadByte(); err != nil || b != '\n' {
			return 0, o.fail(errors.New("git cat-file printed more than it said"))
		}
	}
	o.some = true
	line, err := o.out.ReadString('\n')
	if err != nil {
		return 0, o.fail(err)
	}
	size, err := parseObject(line, object)
	if err != nil {
		return 0, o.fail(err)
	}
	return size, nil
}

// parseObject reads the line that git cat-file prints before an object.
func parseObject(line, object string) (size int64, err error) {
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(words) != 3 || words[0] != object || words[1] != "blob" {
		return 0, fmt.Errorf("git cat-file printed %q for %s", line, object)
	}
	size, err = strconv.ParseInt(words[2], 10, 64)
	if err != nil || size < 0 {
		return 0, fmt.Errorf("git cat-file printed %q for %s", line, object)
	}
	return size, nil
}

// maxLink is more than any path has (PATH_MAX).
const maxLink = 4096

// link reads a link's target.
func (o *objects) link(size int64) (string, error) {
	if size == 0 || size > maxLink {
		return "", final("", "it is a link to a path of %d bytes", size)
	}
	target := make([]byte, size)
	if _, err := io.ReadFull(o.out, target); err != nil {
		return "", o.fail(err)
	}
	if bytes.IndexByte(target, 0) >= 0 {
		return "", final("", "it is a link to a path with a null byte")
	}
	return string(target), nil
}

// pointer is how the files begin that Git LFS leaves in place of contents.
const (
	pointer    = "version https://git-lfs.github.com/spec/"
	maxPointer = 1024
)

// isPointer reports whether the object that comes is one of Git LFS.
func (o *objects) isPointer(size int64) bool {
	if size < int64(len(pointer)) || size > maxPointer {
		return false
	}
	head, _ := o.out.Peek(len(pointer))
	return string(head) == pointer
}

// fail is an error with what git has to say of it.
func (o *objects) fail(err error) error {
	o.close()
	if text := lastWords(o.said.text()); text != "" {
		return errors.New("git: " + text)
	}
	return fmt.Errorf("read what git has: %w", err)
}

// end waits for git, which has nothing more to say.
func (o *objects) end() error {
	o.done = true
	io.Copy(io.Discard, o.out)
	if err := o.cmd.Wait(); err != nil {
		return localError(err, o.said)
	}
	return nil
}

// close ends git if it still runs.
func (o *objects) close() {
	if !o.done {
		o.done = true
		o.cmd.Cancel()
		o.cmd.Wait() // it was killed
	}
}
