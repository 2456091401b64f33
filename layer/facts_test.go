package layer_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

func factsOf(data []byte) *layer.Facts {
	return layer.FactsOf(bytes.NewReader(data), int64(len(data)))
}

func TestFactsOfELF(t *testing.T) {
	dir := t.TempDir()
	const code = `#include <stdlib.h>
#include <stdio.h>
void *p[] = {system, popen}; double cos(double); int main(int c, char **v) { return system(v[1]) + cos(c) > 1; }`
	build(t, dir+"/p", code, "-Wl,-rpath,$ORIGIN/../lib:/opt/x", "-fno-builtin", "-Wl,--no-as-needed", "-lm")
	build(t, dir+"/r", code, "-Wl,-rpath,/old", "-Wl,--disable-new-dtags", "-s", "-lm", "-fno-builtin", "-Wl,--no-as-needed")
	build(t, dir+"/libx.so", "int system(const char *s) { return 0; }", "-shared", "-nostdlib", "-Wl,-soname,libx.so.1", "-s")
	build(t, dir+"/x.o", "int f;", "-c", "-g")
	build(t, dir+"/s", code, "-static", "-lm")
	tests := []struct{ file, want string }{
		{"p", "x86_64 soname= needed=libm.so.6,libc.so.6 runpath=$ORIGIN/../lib,/opt/x interp=/lib64/ld-linux-x86-64.so.2 shell=popen,system debug=true"},
		{"r", "x86_64 soname= needed=libm.so.6,libc.so.6 runpath=/old interp=/lib64/ld-linux-x86-64.so.2 shell=popen,system debug=false"},
		{"libx.so", "x86_64 soname=libx.so.1 needed= runpath= interp= shell= debug=false"},
		{"x.o", "x86_64 soname= needed= runpath= interp= shell= debug=true"},
		{"s", "x86_64 soname= needed= runpath= interp= shell= debug=true"},
	}
	for _, tt := range tests {
		data, err := os.ReadFile(filepath.Join(dir, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		x := factsOf(data)
		if x == nil {
			t.Errorf("%s: no facts", tt.file)
			continue
		}
		j := func(s []string) string { return strings.Join(s, ",") }
		got := fmt.Sprintf("%s soname=%s needed=%s runpath=%s interp=%s shell=%s debug=%v",
			x.Machine, x.Soname, j(x.Needed), j(x.Runpath), x.Interp, j(x.Calls), x.Debug)
		if got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.file, got, tt.want)
		}
		for _, n := range []int{5, 52, 64, 100, len(data) / 2, len(data) - 1} {
			factsOf(data[:n]) // cut off: no facts or some, and no panic
		}
	}
}

func TestFactsOfScripts(t *testing.T) {
	tests := []struct{ text, interp, args string }{
		{"#!/bin/sh\n", "/bin/sh", ""},
		{"#! /usr/bin/env  python3 -u \r\nx", "/usr/bin/env", "python3 -u"},
		{"#!/usr/bin/perl -w", "/usr/bin/perl", "-w"},
		{"#!\t/bin/awk\t-f\n", "/bin/awk", "-f"},
		{"#!\n", "", ""},
		{"#!", "", ""},
		{"#", "", ""},
		{"", "", ""},
		{"#!/bin/\x00sh\n", "", ""},
		{"text\n#!/bin/sh", "", ""},
		{"#!/bin/sh " + strings.Repeat("x", 500), "/bin/sh", strings.Repeat("x", 246)},
	}
	for _, tt := range tests {
		x := factsOf([]byte(tt.text))
		if x == nil {
			x = &layer.Facts{}
		}
		if x.Interp != tt.interp || x.Args != tt.args || x.Machine != "" {
			t.Errorf("%q: got %+v", tt.text, x)
		}
	}
}

func FuzzFactsOf(f *testing.F) {
	dir := f.TempDir()
	src := filepath.Join(dir, "x.c")
	if err := os.WriteFile(src, []byte("int f(void){return 1;}"), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("#!/bin/sh\n"))
	f.Add([]byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60)))
	if data, err := os.ReadFile("/bin/true"); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := factsOf(data)
		if x == nil {
			return
		}
		if len(x.Needed) > 1024 || len(x.Interp) > 4096 {
			t.Errorf("too much: %d names, interpreter of %d bytes", len(x.Needed), len(x.Interp))
		}
		file := layer.Content("/x", 0o644, data, layer.Origin{})
		file.Facts = x
		var b bytes.Buffer
		if err := layer.WriteIndex(&b, &layer.Index{Files: []*layer.File{file}}); err != nil {
			t.Fatal(err)
		}
		if _, err := layer.ReadIndex(&b); err != nil {
			t.Errorf("facts %+v are written as\n%s\nwhich cannot be read: %v", x, b.String(), err)
		}
	})
}

func BenchmarkFactsOf(b *testing.B) {
	data, err := os.ReadFile("/bin/bash")
	if err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"elf": data, "text": []byte(strings.Repeat("text\n", 1000))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				factsOf(data)
			}
		})
	}
}
