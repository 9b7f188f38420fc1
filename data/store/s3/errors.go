package s3

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"hpaflow/data/store"
	"hpaflow/data/store/remote"
)

// kinds are the codes of S3 that say more than their status does.
var kinds = map[string]error{
	"NoSuchKey": store.ErrNotExist, "NoSuchBucket": store.ErrNoBucket, "AccessDenied": store.ErrPermission, "AllAccessDisabled": store.ErrPermission,
	"AccountProblem": store.ErrPermission, "InvalidAccessKeyId": store.ErrCredentials, "SignatureDoesNotMatch": store.ErrCredentials,
	"ExpiredToken": store.ErrCredentials, "InvalidToken": store.ErrCredentials, "TokenRefreshRequired": store.ErrCredentials,
	"InvalidClientTokenId": store.ErrCredentials, "RequestTimeTooSkewed": store.ErrCredentials,
	"XAdminUserNotFound": store.ErrCredentials, // versitygw's
}

var hints = map[string]string{
	"AccessDenied":         "do the credentials have a right to this? A public bucket is read with ?anonymous=true",
	"NoSuchBucket":         "make it first, or is AWS_ENDPOINT_URL of another store?",
	"RequestTimeTooSkewed": "set this machine's clock",
	"ExpiredToken":         "log in again",
}

// slow are the codes that ask for fewer requests, whatever their status.
var slow = map[string]bool{"SlowDown": true, "Throttling": true, "ThrottlingException": true, "RequestLimitExceeded": true, "BandwidthLimitExceeded": true, "TooManyRequests": true}

// fault gives an error of the SDK its meaning. IfAbsent says that the request was
// to make what is not there.
func (s *service) fault(ctx context.Context, key string, err error, ifAbsent bool) error {
	if err == nil {
		s.seen.Store(true)
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	address := s.URL(key)
	var of *smithyhttp.ResponseError
	var api smithy.APIError
	isAPI := errors.As(err, &api)
	if !errors.As(err, &of) || of.Response == nil {
		return remote.NetworkError(address, shortest(err))
	}
	code, header := of.HTTPStatusCode(), of.Response.Header
	if s.moved(header) {
		return &store.Error{URL: address, Cause: errors.New("the bucket is in region " + header.Get("X-Amz-Bucket-Region")), Later: true}
	}
	if !isAPI || code >= 200 && code < 300 && api.ErrorCode() == "" {
		return remote.NetworkError(address, shortest(err)) // an answer that broke off
	}
	if api.ErrorCode() == "NoSuchUpload" {
		return &store.Error{URL: address, Cause: remote.ErrUploadGone}
	}
	e := remote.StatusError(address, code, header, said(api, code))
	e.Hint = hints[api.ErrorCode()]
	if kind := kinds[api.ErrorCode()]; kind != nil {
		e.Kind = kind
	}
	switch {
	case code == http.StatusNotFound && kinds[api.ErrorCode()] == nil && api.ErrorCode() != "NotFound":
		e.Kind, e.Cause = nil, said(api, code) // it is not the object that is missing
	case slow[api.ErrorCode()]:
		e.Slow, e.Later = true, true
	case api.ErrorCode() == "RequestTimeout", api.ErrorCode() == "InternalError", code == http.StatusConflict:
		e.Later = true // 409: another writes under the name, and one of both will have it
	case ifAbsent && code == http.StatusPreconditionFailed:
		e.Kind, e.Cause = store.ErrExist, nil
	}
	if e.Kind == store.ErrNotExist || e.Kind == store.ErrChanged {
		e.Cause = nil
	}
	return e
}

// said is what the server says, if it says anything.
func said(api smithy.APIError, code int) error {
	switch {
	case api.ErrorMessage() != "" && api.ErrorMessage() != http.StatusText(code):
		return errors.New(api.ErrorMessage())
	case api.ErrorCode() != "" && code >= 300:
		return errors.New("the server says " + api.ErrorCode())
	}
	return nil
}

// moved takes note of another region than the one that was asked.
func (s *service) moved(h http.Header) bool {
	region := h.Get("X-Amz-Bucket-Region")
	if region == "" || region == s.client.Options().Region {
		return false
	}
	old := s.region.Swap(&region)
	return old == nil || *old != region
}
