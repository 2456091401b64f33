package elf_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer/elf"
)

func run(t testing.TB, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skipf("%s is not installed", args[0])
	}
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

const program = `#include <stdio.h>
#include <stdlib.h>
__thread int counter = 3;
int table[100] = {1, 2, 3};
static __attribute__((noinline)) int twice(int x) { return x * 2; }
int add(int a, int b) { return twice(a) + b + counter; }
int main(void) { printf("sum %d %d\n", add(1, 2), table[2]); return 0; }
`

const library = `int shared_answer = 42;
static __attribute__((noinline)) int hidden(void) { return shared_answer; }
int answer(void) { return hidden(); }
`

// compile builds code and returns the file's name and bytes.
func compile(t testing.TB, dir, name, code string, flags ...string) (string, []byte) {
	t.Helper()
	src := filepath.Join(dir, name+".c")
	out := filepath.Join(dir, name)
	if err := os.WriteFile(src, []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, append([]string{"gcc", "-g", "-O1", "-o", out, src}, flags...)...)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return out, data
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// clean fails if readelf finds anything to complain about.
func clean(t *testing.T, file string) {
	t.Helper()
	out := run(t, "readelf", "-aW", file)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(strings.TrimSpace(line), "readelf:") {
			t.Errorf("readelf of %s: %s", filepath.Base(file), line)
		}
	}
}

func TestStripProgram(t *testing.T) {
	for _, kind := range [][]string{{"-pie"}, {"-no-pie"}, {"-static"}, {"-pie", "-gz"}, {"-Wl,-z,separate-code"}, {"-Wl,--hash-style=sysv"}} {
		t.Run(strings.Join(kind, " "), func(t *testing.T) {
			dir := t.TempDir()
			_, data := compile(t, dir, "p", program, append(kind, "-Wl,--build-id")...)
			stripped, debug, err := elf.Strip(data)
			if err != nil {
				t.Fatal(err)
			}
			out := write(t, dir+"/out/p", stripped)
			if got := run(t, out); got != "sum 7 3\n" {
				t.Errorf("the stripped program says %q", got)
			}
			clean(t, out)
			sections := run(t, "readelf", "-SW", out)
			for _, gone := range []string{".symtab", ".strtab", ".debug_info", ".comment"} {
				if strings.Contains(sections, " "+gone+" ") {
					t.Errorf("%s is still there", gone)
				}
			}
			theirs := dir + "/theirs"
			run(t, "strip", "--strip-unneeded", "-R", ".comment", "-R", ".note", "-o", theirs, dir+"/p")
			if info, err := os.Stat(theirs); err != nil || int64(len(stripped)) > info.Size()+256 {
				t.Errorf("%d bytes, strip(1) makes %d", len(stripped), info.Size())
			}
			again, none, err := elf.Strip(stripped)
			if err != nil || none != nil || !bytes.Equal(again, stripped) {
				t.Errorf("stripped again: %v, debug %d bytes", err, len(none))
			}
			debugFile(t, dir, stripped, debug)
		})
	}
}

// debugFile checks that a debugger finds and understands the debugging data.
func debugFile(t *testing.T, dir string, stripped, debug []byte) {
	t.Helper()
	id := elf.BuildID(stripped)
	if len(id) != 40 || elf.BuildID(debug) != id {
		t.Fatalf("build ID %q, of the debugging data %q", id, elf.BuildID(debug))
	}
	root := dir + "/root"
	file := write(t, root+elf.DebugPath(id), debug)
	clean(t, file)
	if out := run(t, "objdump", "-t", file); !strings.Contains(out, "twice") || !strings.Contains(out, " main") {
		t.Errorf("no symbols in\n%s", out)
	}
	gdb := run(t, "gdb", "-nx", "-batch", "-iex", "set debug-file-directory "+root+"/usr/lib/debug",
		"-ex", "info line add", "-ex", "ptype add", "-ex", "print table[2]", "-ex", "info address add", dir+"/out/p")
	for _, want := range []string{`Line 6 of "`, "type = int (int, int)", "$1 = 3"} {
		if !strings.Contains(gdb, want) {
			t.Errorf("gdb does not say %q:\n%s", want, gdb)
		}
	}
}

func TestStripLibrary(t *testing.T) {
	dir := t.TempDir()
	lib, data := compile(t, dir, "libanswer.so", library, "-shared", "-fPIC", "-Wl,-soname,libanswer.so")
	compile(t, dir, "user", "#include <stdio.h>\nextern int shared_answer; int answer(void);\nint main(void){printf(\"%d %d\\n\", answer(), shared_answer);}",
		lib, "-Wl,-rpath,"+dir)
	stripped, debug, err := elf.Strip(data)
	if err != nil {
		t.Fatal(err)
	}
	before := run(t, "readelf", "--dyn-syms", "-d", "-r", "-W", lib)
	write(t, lib, stripped)
	clean(t, lib)
	if after := run(t, "readelf", "--dyn-syms", "-d", "-r", "-W", lib); after != before {
		t.Errorf("what the linker sees changed:\n%s\nbefore:\n%s", after, before)
	}
	if got := run(t, dir+"/user"); got != "42 42\n" {
		t.Errorf("its user says %q", got)
	}
	run(t, "gcc", "-o", dir+"/new", dir+"/user.c", lib) // it can still be linked to
	if out := run(t, "objdump", "-t", write(t, dir+"/debug", debug)); !strings.Contains(out, "hidden") {
		t.Errorf("no symbols in\n%s", out)
	}
}

func TestStripRefuses(t *testing.T) {
	dir := t.TempDir()
	_, object := compile(t, dir, "o", library, "-c")
	_, relocs := compile(t, dir, "q", program, "-Wl,--emit-relocs")
	_, whole := compile(t, dir, "p", program)
	early := bytes.Clone(whole)
	early[40] ^= 0xff // e_shoff
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "no ELF file"},
		{"text", []byte(strings.Repeat("#!/bin/sh\n", 10)), "no ELF file"},
		{"archive", []byte("!<arch>\n" + strings.Repeat("x", 100)), "no ELF file"},
		{"object file", object, "neither a program nor"},
		{"kept relocations", relocs, "needs section .symtab"},
		{"cut off", whole[:len(whole)-100], "cut off"},
		{"headers elsewhere", early, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, debug, err := elf.Strip(tt.data)
			var refused *elf.Refused
			if !errors.As(err, &refused) || !strings.Contains(refused.Reason, tt.want) {
				t.Errorf("got %v, want …%s", err, tt.want)
			}
			if !bytes.Equal(got, tt.data) || debug != nil {
				t.Error("it was changed all the same")
			}
		})
	}
}

// Real programs, stripped already by their distribution, come back as they are.
func TestStripIsIdempotentOnHost(t *testing.T) {
	for _, name := range []string{"/bin/ls", "/bin/sh", "/usr/bin/gcc"} {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		stripped, debug, err := elf.Strip(data)
		if err != nil || debug != nil || !bytes.Equal(stripped, data) {
			t.Errorf("%s: %v, %d bytes of %d, debug %d", name, err, len(stripped), len(data), len(debug))
		}
	}
}

func TestDebugPath(t *testing.T) {
	if got := elf.DebugPath("abcdef"); got != "/usr/lib/debug/.build-id/ab/cdef.debug" {
		t.Errorf("got %s", got)
	}
	if got := elf.DebugPath(""); got != "" {
		t.Errorf("got %s", got)
	}
}

func FuzzStrip(f *testing.F) {
	dir := f.TempDir()
	_, small := compile(f, dir, "libf.so", "int f(void){return 1;}", "-shared", "-nostdlib", "-Wl,--build-id")
	f.Add(small)
	f.Add(small[:200])
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		stripped, debug, err := elf.Strip(data)
		elf.BuildID(data)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was changed")
		}
		if err != nil || debug == nil {
			if !bytes.Equal(stripped, data) {
				t.Fatal("refused, but changed")
			}
			return
		}
		if len(stripped) >= len(data) || len(debug) > 3*len(data)+5<<20 {
			t.Errorf("%d bytes became %d and %d", len(data), len(stripped), len(debug))
		}
		if _, more, err := elf.Strip(stripped); err != nil && more != nil {
			t.Errorf("what was stripped cannot be read: %v", err)
		}
	})
}

func BenchmarkStrip(b *testing.B) {
	dir := b.TempDir()
	_, data := compile(b, dir, "p", program, "-static")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := elf.Strip(data); err != nil {
			b.Fatal(err)
		}
	}
}
