"""What must hold of surveys: who answers, who waits, and how many they are.

The statements are as those of `store.audit`, which runs them.
"""

from __future__ import annotations

SUMS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT survey_sums.survey_id IS NULL OR lapsed < 0
        OR (in_progress, completed, expired, waiting) IS DISTINCT FROM (
            coalesce(asked, 0), coalesce(answered, 0), coalesce(ended, 0), coalesce(invited, 0)) AS wrong,
        format('survey %%s: %%s in progress, %%s completed, %%s expired, %%s waiting; there are %%s, %%s, %%s and %%s', survey.uuid,
               in_progress, completed, expired, waiting, coalesce(asked, 0), coalesce(answered, 0), coalesce(ended, 0),
               coalesce(invited, 0)) AS shown
    FROM survey LEFT JOIN survey_sums ON survey_sums.survey_id = survey.id LEFT JOIN (
        SELECT survey_id, count(*) FILTER (WHERE status = 'in_progress') AS asked, count(*) FILTER (WHERE status = 'completed') AS answered,
               count(*) FILTER (WHERE status = 'expired') AS ended
        FROM survey_response GROUP BY survey_id
    ) AS responses ON responses.survey_id = survey.id LEFT JOIN (
        SELECT survey_id, count(*) AS invited FROM survey_invitation GROUP BY survey_id
    ) AS invitations ON invitations.survey_id = survey.id
) AS each
"""

# A message of a month that is gone is not looked for.
RESPONSES = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(id::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT response.id, survey.id IS NULL OR survey.team_id <> response.team_id OR survey_version.version IS NULL
        OR (response.status = 'in_progress' AND wake_at IS NULL) OR (asked_id >= %(first_id)s AND (
            message.id IS NULL OR message.team_id <> response.team_id OR message.campaign_uuid IS NOT NULL
            OR (message.recipient <> phone AND message.recipient ~ '^[0-9]+$' AND phone ~ '^[0-9]+$'))) AS wrong
    FROM survey_response AS response LEFT JOIN survey ON survey.id = response.survey_id
    LEFT JOIN survey_version ON (survey_version.survey_id, survey_version.version) = (response.survey_id, response.version)
    LEFT JOIN message ON message.id = asked_id
) AS each
"""

# One that waits for nobody would wait for ever; one without a code was put off, and lapses.
INVITATIONS = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(shown) FILTER (WHERE wrong))[1:5] FROM (
    SELECT survey.id IS NULL OR survey.status IN ('draft', 'closed') OR (blocked_by <> '' AND NOT EXISTS (
               SELECT FROM survey_response AS response
               WHERE (response.code, response.phone) = (blocked_by, invitation.phone) AND response.status = 'in_progress')) AS wrong,
           format('invitation %%s of survey %%s', invitation.id, survey_id) AS shown
    FROM survey_invitation AS invitation LEFT JOIN survey ON survey.id = survey_id
) AS each
"""

PUBLISHED = """
SELECT count(*), count(*) FILTER (WHERE wrong), (array_agg(uuid::text) FILTER (WHERE wrong))[1:5] FROM (
    SELECT uuid, version <> coalesce(last, 0) OR coalesce(many, 0) <> version
        OR (code IS NOT NULL AND NOT EXISTS (SELECT FROM survey_code WHERE survey_code.code = survey.code)) AS wrong
    FROM survey LEFT JOIN (
        SELECT survey_id, max(version) AS last, count(*) AS many FROM survey_version GROUP BY survey_id
    ) AS versions ON survey_id = survey.id
) AS each
"""

# As in `store.audit`: a name that never changes, a sentence, and the statement that looks.
CHECKS = (
    ("surveys", "each survey has the versions that it counts, and what is sent to its code is looked at", PUBLISHED),
    ("survey_sums", "as many people answer a survey, have answered it or wait for it as it says", SUMS),
    (
        "survey_responses",
        "each response is to a version of a survey of its team, and what asks is a message of that team to that phone",
        RESPONSES,
    ),
    (
        "survey_invitations",
        "each invitation is to a survey that can still ask, and waits for somebody who is being asked",
        INVITATIONS,
    ),
)
