package mirrortest

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fine answers with the file, between faults.
func Fine(w http.ResponseWriter, r *http.Request, data []byte) {
	serve(w, r, file{data, time.Unix(1_700_000_000, 0)})
}

// Status answers with a status, and headers as pairs of name and value.
func Status(code int, header ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprintf(w, "status %d\n", code)
	}
}

// Redirect sends the client to another URL.
func Redirect(to string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ []byte) {
		http.Redirect(w, r, to, http.StatusFound)
	}
}

// HTML is a page for people with status 200, as captive portals answer.
func HTML(w http.ResponseWriter, _ *http.Request, _ []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title><p>Please log in.")
}

// Corrupt sends the file with one bit changed.
func Corrupt(w http.ResponseWriter, r *http.Request, data []byte) {
	bad := append([]byte(nil), data...)
	if len(bad) > 0 {
		bad[len(bad)/2] ^= 1
	}
	Fine(w, r, bad)
}

// NoRange sends the whole file, whatever range was asked for.
func NoRange(w http.ResponseWriter, _ *http.Request, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

// WrongRange sends a part that nobody asked for.
func WrongRange(w http.ResponseWriter, _ *http.Request, data []byte) {
	w.Header().Set("Content-Range", fmt.Sprintf("bytes 1-%d/%d", len(data)-1, len(data)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(data[1:])
}

// Truncate promises what was asked for and ends after n bytes of it.
func Truncate(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		head(w, r, data, n)
		panic(http.ErrAbortHandler)
	}
}

// Short sends n bytes of the file, does not say how many there are, and ends as
// if that were all.
func Short(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		w.Write(data[:min(n, len(data))])
	}
}

// Extra sends the file and n bytes more, without saying how many there are.
func Extra(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, data []byte) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		w.Write(data)
		w.Write(make([]byte, n))
	}
}

// Hang sends n bytes of what was asked for and then nothing until the client
// leaves; not even a head if n is negative.
func Hang(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		if n >= 0 {
			head(w, r, data, n)
		}
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}

// Reset sends n bytes of what was asked for and resets the connection; none, and
// no head, if n is negative.
func Reset(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		if n >= 0 {
			head(w, r, data, n)
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // close by RST, not by FIN
		}
		conn.Close()
	}
}

// Trickle sends what was asked for in pieces of n bytes, each after a pause.
func Trickle(n int, pause time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, data []byte) {
		data = head(w, r, data, 0)
		for len(data) > 0 {
			time.Sleep(pause)
			k := min(n, len(data))
			if _, err := w.Write(data[:k]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			data = data[k:]
		}
	}
}

// head writes the head of an answer to a request for the file or its end, and n
// bytes of the body; it returns the rest.
func head(w http.ResponseWriter, r *http.Request, data []byte, n int) []byte {
	status, size := http.StatusOK, len(data)
	var from int
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && from < size {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
		status, data = http.StatusPartialContent, data[from:]
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	n = min(n, len(data))
	w.Write(data[:n])
	w.(http.Flusher).Flush()
	return data[n:]
}
