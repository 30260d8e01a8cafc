/** Code that checks the signature of a call as Standard Webhooks has it, in five languages, without a library. */

const python = (secret) => `import base64
import hashlib
import hmac
import time

SECRET = "${secret}"


def verified(headers, body: bytes) -> bool:
    sent_at = headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, each) for each in headers["webhook-signature"].split())`;

const php = (secret) => `<?php
const SECRET = '${secret}';

function verified(array $headers, string $body): bool
{
    $sentAt = $headers['webhook-timestamp'];
    if (abs(time() - (int) $sentAt) > 300) {
        return false;
    }
    $key = base64_decode(substr(SECRET, strlen('whsec_')));
    $signed = $headers['webhook-id'] . '.' . $sentAt . '.' . $body;
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $each) {
        if (hash_equals($wanted, $each)) {
            return true;
        }
    }
    return false;
}

$headers = array_change_key_case(getallheaders());
$body = file_get_contents('php://input');
http_response_code(verified($headers, $body) ? 204 : 400);`;

const node = (secret) => `const { createHmac, timingSafeEqual } = require("node:crypto");

const SECRET = "${secret}";

function verified(headers, body) {
  const sentAt = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) <= 300)) return false;
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const wanted = createHmac("sha256", key).update(\`\${headers["webhook-id"]}.\${sentAt}.\`).update(body).digest();
  return headers["webhook-signature"].split(" ").some((each) => {
    const given = Buffer.from(each.replace(/^v1,/, ""), "base64");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}`;

const java = (secret) => `import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

final class Webhooks {
    private static final String SECRET = "${secret}";

    static boolean verified(String id, String sentAt, String signatures, byte[] body) throws GeneralSecurityException {
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(sentAt)) > 300) {
            return false;
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET.substring("whsec_".length())), "HmacSHA256"));
        mac.update((id + "." + sentAt + ".").getBytes(StandardCharsets.UTF_8));
        byte[] wanted = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
        return Arrays.stream(signatures.split(" "))
            .anyMatch(each -> MessageDigest.isEqual(wanted, each.getBytes(StandardCharsets.UTF_8)));
    }
}`;

const golang = (secret) => `package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const secret = "${secret}"

func verified(header http.Header, body []byte) bool {
	sentAt, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(sentAt, 0)).Abs() > 5*time.Minute {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", header.Get("webhook-id"), sentAt, body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, each := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(each), []byte(wanted)) {
			return true
		}
	}
	return false
}`;

/** @param {string} secret @returns {{id: string, label: string, lang: string, text: string}[]} */
export function verifySamples(secret) {
  return [
    { id: 'python', label: 'Python', lang: 'python', text: python(secret) },
    { id: 'php', label: 'PHP', lang: 'php', text: php(secret) },
    { id: 'node', label: 'Node.js', lang: 'javascript', text: node(secret) },
    { id: 'java', label: 'Java', lang: 'java', text: java(secret) },
    { id: 'go', label: 'Go', lang: 'go', text: golang(secret) },
  ];
}
