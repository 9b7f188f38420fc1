package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
	"hpaflow/data/store/s3"
	"hpaflow/data/store/storetest"
)

// account sets the variables that Amazon's library reads, and no others.
func account(t *testing.T, endpoint, id, secret string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
}

func connect(t *testing.T, address string) store.Store {
	t.Helper()
	u, err := store.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	whole := u
	whole.Path = ""
	s, err := s3.Connect(remote.Options{Wait: time.Millisecond, MaxWait: 100 * time.Millisecond})(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return store.Below(s, u.Path)
}

// server is the address of a real one, which bench/stores/run starts.
func server(t *testing.T, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " names no server: bench/stores/run starts one")
	}
	account(t, address, "test", "testtest")
	return address
}

// buckets makes them where they are not there.
func buckets(t *testing.T, endpoint string, names ...string) *sdk.Client {
	t.Helper()
	client := sdk.New(sdk.Options{BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "testtest", "")})
	for _, name := range names {
		if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &name}); err != nil && !strings.Contains(err.Error(), "BucketAlready") {
			t.Fatal(err)
		}
	}
	return client
}

// The suite passes on versitygw and on moto, at an address with a path too.
func TestServers(t *testing.T) {
	for _, variable := range []string{"HPAFLOW_TEST_S3", "HPAFLOW_TEST_MOTO"} {
		t.Run(variable, func(t *testing.T) {
			buckets(t, server(t, variable), "plates")
			storetest.Run(t, storetest.Options{Large: 18 << 20, Many: 1100, Racy: variable == "HPAFLOW_TEST_MOTO"}, func(t *testing.T) store.Store {
				return connect(t, fmt.Sprintf("s3://plates/%d", time.Now().UnixNano()))
			})
		})
	}
}

// An endpoint may have a path, behind which the buckets stand.
func TestEndpointWithAPath(t *testing.T) {
	address := server(t, "HPAFLOW_TEST_MOTO") // which does not check signatures: they are of the path that was sent
	buckets(t, address, "behind")
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.StripPrefix("/store/s3", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}))
	defer front.Close()
	account(t, front.URL+"/store/s3", "test", "testtest")
	s := connect(t, "s3://behind/p")
	if _, err := store.Put(t.Context(), s, "k", []byte("x"), store.CreateOptions{IfAbsent: true}); err != nil {
		t.Fatal(err)
	}
	b, _, err := store.ReadAll(t.Context(), s, "k", 10)
	if err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
}

// What is wrong has a name, whatever is asked first.
func TestNamedErrors(t *testing.T) {
	endpoint := server(t, "HPAFLOW_TEST_S3")
	client := buckets(t, endpoint, "private", "public")
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::public","arn:aws:s3:::public/*"]}]}`
	if _, err := client.PutBucketPolicy(t.Context(), &sdk.PutBucketPolicyInput{Bucket: aws.String("public"), Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"private", "public"} {
		if _, err := store.Put(t.Context(), connect(t, "s3://"+bucket), "k", []byte("k"), store.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("anonymous", func(t *testing.T) {
		account(t, endpoint, "", "")
		s := connect(t, "s3://public?anonymous=true")
		if b, _, err := store.ReadAll(t.Context(), s, "k", 10); err != nil || string(b) != "k" {
			t.Errorf("%q, %v", b, err)
		}
		_, err := store.Put(t.Context(), s, "new", nil, store.CreateOptions{})
		if !errors.Is(err, store.ErrPermission) {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct {
		id, secret, url string
		want            error
	}{
		"no bucket":    {"test", "testtest", "s3://nowhere", store.ErrNoBucket},
		"no rights":    {"", "", "s3://private?anonymous=true", store.ErrPermission},
		"wrong secret": {"test", "wrongwrong", "s3://private", store.ErrCredentials},
		"wrong id":     {"nobody", "testtest", "s3://private", store.ErrCredentials},
		"none":         {"", "", "s3://private", store.ErrCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			account(t, endpoint, c.id, c.secret)
			for what, err := range everything(t, func() store.Store { return connect(t, c.url) }) {
				if !errors.Is(err, c.want) || errors.Is(err, store.ErrNotExist) || store.Temporary(err) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// Codes say more than statuses do, and what is not of an object is not taken for an
// object that is missing.
func TestCodes(t *testing.T) {
	answer := ""
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, code, _ := strings.Cut(answer, " ")
		w.WriteHeader(map[string]int{"403": 403, "404": 404, "400": 400}[status])
		if code != "" && r.Method != http.MethodHead {
			io.WriteString(w, `<?xml version="1.0"?><Error><Code>`+code+`</Code><Message>so it is</Message></Error>`)
		}
	}))
	defer front.Close()
	account(t, front.URL, "test", "testtest")
	for is, want := range map[string]error{
		"404 NoSuchKey": store.ErrNotExist, "404 NoSuchBucket": store.ErrNoBucket, "404 NoSuchWhatever": nil, "403 AccessDenied": store.ErrPermission,
		"403 InvalidAccessKeyId": store.ErrCredentials, "403 SignatureDoesNotMatch": store.ErrCredentials, "403 RequestTimeTooSkewed": store.ErrCredentials, "400 ExpiredToken": store.ErrCredentials, "403": store.ErrPermission,
	} {
		answer = is
		_, stat := connect(t, "s3://plates").Stat(t.Context(), "k")
		_, _, open := connect(t, "s3://plates").Open(t.Context(), "k")
		for _, err := range []error{stat, open} {
			var e *store.Error
			if !errors.As(err, &e) || e.Kind != want && !(err == stat && want == nil && e.Kind == nil) || e.Later {
				t.Errorf("%s: %v", is, err)
			}
		}
	}
}

// everything is asked of a store, of which nothing is known before.
func everything(t *testing.T, connect func() store.Store) map[string]error {
	ctx := t.Context()
	_, stat := connect().Stat(ctx, "k")
	_, _, open := connect().Open(ctx, "k")
	_, read := connect().ReadAt(ctx, "k", "", make([]byte, 1), 0)
	_, put := store.Put(ctx, connect(), "new", []byte("x"), store.CreateOptions{})
	_, large := store.Put(ctx, connect(), "new", make([]byte, 9<<20), store.CreateOptions{IfAbsent: true})
	var list error
	for _, list = range connect().List(ctx, store.ListOptions{}) {
	}
	return map[string]error{"stat": stat, "open": open, "read": read, "put": put, "large": large, "list": list, "delete": connect().Delete(ctx, "k")}
}

// A bucket that is elsewhere is asked for there.
func TestRegionIsFoundOut(t *testing.T) {
	var regions []string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		regions = append(regions, strings.Split(scope, "/")[2])
		w.Header().Set("X-Amz-Bucket-Region", "eu-north-1")
		if len(regions) == 1 {
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Content-Length", "3")
	}))
	defer front.Close()
	account(t, front.URL, "test", "testtest")
	o, err := connect(t, "s3://plates").Stat(t.Context(), "k")
	if err != nil || o.Size != 3 || strings.Join(regions, " ") != "us-east-1 eu-north-1" {
		t.Errorf("%+v, %v, asked in %q", o, err, regions)
	}
}

// What servers answer in trouble is tried again, and what was cut off read on.
func TestTrouble(t *testing.T) {
	body := storetest.Body(100_000, 1)
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch asked {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
			return
		case 3:
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
			return
		case 4, 5:
			w = &cutting{w, 30_000}
		}
		w.Header().Set("Etag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}))
	defer front.Close()
	account(t, front.URL, "test", "testtest")
	s := connect(t, "s3://plates")
	p := make([]byte, 80_000)
	if n, err := s.ReadAt(t.Context(), "k", "", p, 5000); n != len(p) || err != nil || !bytes.Equal(p, body[5000:85_000]) {
		t.Errorf("%d bytes, %v, %d requests", n, err, asked)
	}
	if asked != 6 {
		t.Errorf("%d requests", asked)
	}
	if _, err := s.ReadAt(t.Context(), "k", `"2"`, p, 0); !errors.Is(err, store.ErrChanged) {
		t.Error(err)
	}
}

// cutting ends a body, and its connection, after so many bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	n, _ := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// An endpoint in a URL is the server that is asked, as it is written.
func TestEndpoint(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.Header().Set("ETag", `"1"`)
	}))
	defer server.Close()
	account(t, "", "test", "testtest")
	if _, err := connect(t, "s3://plates/raw?endpoint="+server.URL+"/below").Stat(t.Context(), "k"); err != nil || asked != "/below/plates/raw/k" {
		t.Errorf("%q was asked for: %v", asked, err)
	}
}

func TestOptions(t *testing.T) {
	account(t, "", "", "")
	for address, want := range map[string]string{
		"s3://b?anonimous=true":  `there is no option "anonimous"`,
		"s3://b?anonymous=yes":   "anonymous is true or false",
		"s3://b?endpoint=plates": "is no URL",
		"s3://b/k?size=1/2":      `there is no option "size"`,
	} {
		u, err := store.Parse(address)
		if err == nil {
			_, err = s3.Connect(remote.Options{})(context.Background(), u)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
