CREATE FUNCTION public.audit_entry_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit ledger is append-only'; END $$;
CREATE TABLE public.account (
    id uuid NOT NULL,
    email text NOT NULL,
    email_folded text NOT NULL,
    name text NOT NULL,
    password_hash text,
    super_admin boolean DEFAULT false NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT account_state_check CHECK ((state = ANY (ARRAY['active'::text, 'disabled'::text, 'deleted'::text])))
);
CREATE TABLE public.audit_entry (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    at bigint NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    actor_name text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    resource text,
    policy text,
    address text,
    device text,
    request_id text NOT NULL,
    detail text NOT NULL,
    CONSTRAINT audit_entry_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'denied'::text, 'failed'::text])))
);
ALTER TABLE ONLY public.audit_entry FORCE ROW LEVEL SECURITY;
CREATE TABLE public.channel (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    name_folded text,
    direct_key text,
    topic text NOT NULL,
    archived_at bigint,
    created_at bigint NOT NULL,
    head bigint DEFAULT 0 NOT NULL,
    epoch bigint DEFAULT 1 NOT NULL,
    CONSTRAINT channel_kind_check CHECK ((kind = ANY (ARRAY['public'::text, 'private'::text, 'direct'::text])))
);
ALTER TABLE ONLY public.channel FORCE ROW LEVEL SECURITY;
CREATE TABLE public.channel_event (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    message_id uuid,
    data text,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.channel_event FORCE ROW LEVEL SECURITY;
CREATE TABLE public.channel_member (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    member_id uuid NOT NULL,
    joined_at bigint NOT NULL,
    read_seq bigint NOT NULL
);
ALTER TABLE ONLY public.channel_member FORCE ROW LEVEL SECURITY;
CREATE TABLE public.idempotency (
    principal text NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    response text NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE public.import_source (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    source text NOT NULL,
    lines bigint NOT NULL
);
ALTER TABLE ONLY public.import_source FORCE ROW LEVEL SECURITY;
CREATE TABLE public.installation (
    id bigint NOT NULL,
    setup_token_hash bytea,
    set_up_at bigint,
    CONSTRAINT installation_id_check CHECK ((id = 1))
);
CREATE TABLE public.invitation (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    email_folded text NOT NULL,
    role text NOT NULL,
    invited_by uuid,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    accepted_at bigint,
    revoked_at bigint,
    CONSTRAINT invitation_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'admin'::text, 'owner'::text])))
);
ALTER TABLE ONLY public.invitation FORCE ROW LEVEL SECURITY;
CREATE TABLE public.invitation_token (
    token_hash bytea NOT NULL,
    org_id uuid NOT NULL,
    invitation_id uuid NOT NULL
);
CREATE TABLE public.login_failure (
    account bytea NOT NULL,
    address text NOT NULL,
    failures bigint NOT NULL,
    since bigint NOT NULL,
    locked_until bigint
);
CREATE TABLE public.member (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    name text NOT NULL,
    handle text NOT NULL,
    role text NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT member_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'admin'::text, 'owner'::text]))),
    CONSTRAINT member_state_check CHECK ((state = ANY (ARRAY['active'::text, 'removed'::text, 'deleted'::text])))
);
ALTER TABLE ONLY public.member FORCE ROW LEVEL SECURITY;
CREATE TABLE public.membership (
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    member_id uuid NOT NULL,
    left_at bigint
);
CREATE TABLE public.mention (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    member_id uuid NOT NULL,
    seq bigint NOT NULL
);
ALTER TABLE ONLY public.mention FORCE ROW LEVEL SECURITY;
CREATE TABLE public.message (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    client_id uuid NOT NULL,
    body text NOT NULL,
    mentions text,
    mentions_all boolean DEFAULT false NOT NULL,
    created_at bigint NOT NULL,
    edited_at bigint,
    deleted_at bigint
);
ALTER TABLE ONLY public.message FORCE ROW LEVEL SECURITY;
CREATE TABLE public.message_revision (
    org_id uuid NOT NULL,
    message_id uuid NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL
);
ALTER TABLE ONLY public.message_revision FORCE ROW LEVEL SECURITY;
CREATE TABLE public.organisation (
    org_id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    created_at bigint NOT NULL
);
ALTER TABLE ONLY public.organisation FORCE ROW LEVEL SECURITY;
CREATE TABLE public.outbox (
    id uuid NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL,
    problem text
);
CREATE TABLE public.password_reset (
    token_hash bytea NOT NULL,
    user_id uuid,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE TABLE public.reaction (
    org_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    seq bigint NOT NULL,
    emoji text NOT NULL,
    member_id uuid NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.reaction FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_migration (
    version bigint NOT NULL,
    name text NOT NULL
);
CREATE TABLE public.session (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint,
    address text,
    device text NOT NULL
);
INSERT INTO public.account VALUES ('01a21b53-efeb-7732-b6a3-237bf6872e15', 'Olga@Example.org', 'olga@example.org', 'Olga Owner', '$argon2id$v=19$m=19456,t=2,p=1$SnOLeOfGJO/TXmdx49F92A$H50TObFUkPa3/ljlQlXxG/sAV288aXu/ULBjADYemRQ', true, 'active', 1795754815467629);
INSERT INTO public.account VALUES ('01a21b53-f03e-7573-a6b5-3d68d6efdccf', 'ben@example.org', 'ben@example.org', 'Bén Ünïcode', '$argon2id$v=19$m=19456,t=2,p=1$X0+B4yh/AJxYZnwUNlY/Kw$TzjOUBHk2EBpBjf1u7ggDuDCq+KnmrmY6bX7C2QIJFc', false, 'active', 1795754815550277);
INSERT INTO public.account VALUES ('01a21b53-f074-7ee2-bf94-69426c3be66c', 'cleo@example.org', 'cleo@example.org', 'Cleo Ørsted', '$argon2id$v=19$m=19456,t=2,p=1$46qalEXNAn8GHTkdcfRFFg$g4aGIQzCok5sFL1GNEQoOdgLcNwVs+AehAWJt/3v9VQ', false, 'active', 1795754815604978);
INSERT INTO public.audit_entry VALUES ('00000000-0000-0000-0000-000000000000', '01a21b53-eff1-7d5a-97eb-f039fc5ae059', 1795754815473141, 'user', 'usr_01a21b53efeb7732b6a3237bf6872e15', 'Olga Owner', 'setup.complete', 'ok', 'org_01a21b53efec79b398fce6c92b71ec3e', NULL, '127.0.0.1', '', 'req_01a21b53efb1790c99c0f6f1c941bcc9', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f001-794e-ba8d-aa9c27b0273b', 1795754815489140, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'invitation.create', 'ok', 'inv_01a21b53efff79f3bc3d1b60acf88b34', 'admin', '127.0.0.1', '', 'req_01a21b53effd706c84927e8950288fb9', '{"role":"editor"}');
INSERT INTO public.audit_entry VALUES ('00000000-0000-0000-0000-000000000000', '01a21b53-f011-74f5-92ba-8aea9f8da24f', 1795754815505379, 'console', NULL, 'Administrator at the console', 'mail.list', 'ok', NULL, NULL, NULL, '', 'req_01a21b53f010718ca98389367779bfbc', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f040-7afb-84b5-dfbb3556bc33', 1795754815552111, 'member', 'mem_01a21b53f03f7c13a4708474f6b9bc1f', 'Bén Ünïcode', 'invitation.accept', 'ok', 'inv_01a21b53efff79f3bc3d1b60acf88b34', NULL, '127.0.0.1', '', 'req_01a21b53f0167388a15439db4dd56822', '{"role":"editor"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f045-7faa-88c7-cb8e0c3dc749', 1795754815557403, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'invitation.create', 'ok', 'inv_01a21b53f0447e3292f0747791d34fef', 'admin', '127.0.0.1', '', 'req_01a21b53f0437a59a5ec3251ceee73ca', '{"role":"editor"}');
INSERT INTO public.audit_entry VALUES ('00000000-0000-0000-0000-000000000000', '01a21b53-f053-720e-a7ab-aee4efc85920', 1795754815571729, 'console', NULL, 'Administrator at the console', 'mail.list', 'ok', NULL, NULL, NULL, '', 'req_01a21b53f05374dfb932b7415ea4032b', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f076-7cfa-ba6c-8eaa46d70bb8', 1795754815606629, 'member', 'mem_01a21b53f075736a8caa32ae8dbf235a', 'Cleo Ørsted', 'invitation.accept', 'ok', 'inv_01a21b53f0447e3292f0747791d34fef', NULL, '127.0.0.1', '', 'req_01a21b53f0577b789cc7d42c648eab8e', '{"role":"editor"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f086-7c68-ae24-d7999b8b7c6d', 1795754815622280, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.channel.create', 'ok', 'chn_01a21b53f0807b2aaf1e98819b63432b', 'editor', '127.0.0.1', '', 'req_01a21b53f07e791fa200e130e85fa281', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08c-74b6-bc98-def6b85bfdf7', 1795754815628700, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.channel.create', 'ok', 'chn_01a21b53f08a73459b760f076a383f77', 'editor', '127.0.0.1', '', 'req_01a21b53f08978b9a6756ac5a506d696', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f091-797a-beda-1c132fab8c75', 1795754815633832, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.channel.invite', 'ok', 'chn_01a21b53f08a73459b760f076a383f77', 'editor + member', '127.0.0.1', '', 'req_01a21b53f08f731c98fea253d326c5c6', '{"member":"mem_01a21b53f03f7c13a4708474f6b9bc1f"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f096-76c2-9adf-b33e85eed7d2', 1795754815638158, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.channel.invite', 'ok', 'chn_01a21b53f08a73459b760f076a383f77', 'editor + member', '127.0.0.1', '', 'req_01a21b53f0947fbe99d09459ce0e153b', '{"member":"mem_01a21b53f075736a8caa32ae8dbf235a"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f09b-79d0-9f69-5c9429aeb673', 1795754815643048, 'member', 'mem_01a21b53f03f7c13a4708474f6b9bc1f', 'Bén Ünïcode', 'chat.channel.join', 'ok', 'chn_01a21b53f0807b2aaf1e98819b63432b', 'viewer + sees', '127.0.0.1', '', 'req_01a21b53f0987814b573e66a764ebb02', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f0fb-7f18-9631-506064c17859', 1795754815739047, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.message.delete', 'ok', 'msg_01a21b53f0b7751f8b431a4058230bba', 'editor + member + author', '127.0.0.1', '', 'req_01a21b53f0f870b8af0f7c939875cde2', '{"author":"mem_01a21b53efee78f2929d5009da3e3a5c"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f10e-7af7-960c-97790f060068', 1795754815758695, 'member', 'mem_01a21b53f075736a8caa32ae8dbf235a', 'Cleo Ørsted', 'chat.message.react', 'denied', 'msg_01a21b53f0be7a08997be02b1f8c63e6', 'editor + member', '127.0.0.1', '', 'req_01a21b53f10d70adb4c68cc152b82630', '{"code":"forbidden"}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f11d-723b-b7cf-071b9707e863', 1795754815773151, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'chat.direct.open', 'ok', 'chn_01a21b53f11973cb81a6eedef3e24483', 'editor', '127.0.0.1', '', 'req_01a21b53f1177f26bbdeb7dbddd94074', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f125-731b-96f8-c27c848aad37', 1795754815781863, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'member.remove', 'ok', 'mem_01a21b53f075736a8caa32ae8dbf235a', 'admin + outranks', '127.0.0.1', '', 'req_01a21b53f12270f19ba135a5f6230b6f', '{}');
INSERT INTO public.audit_entry VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f12a-7e0a-b2d4-091e965c5b2f', 1795754815786933, 'member', 'mem_01a21b53efee78f2929d5009da3e3a5c', 'Olga Owner', 'invitation.create', 'ok', 'inv_01a21b53f1297cb88faae25e1b0fe80b', 'admin', '127.0.0.1', '', 'req_01a21b53f12875e99f54ebc08707900c', '{"role":"admin"}');
INSERT INTO public.channel VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 'public', 'General Ärger', 'general ärger', NULL, 'all of it', NULL, 1795754815616360, 38, 1);
INSERT INTO public.channel VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 'private', 'Secret Straße', 'secret straße', NULL, '', NULL, 1795754815626541, 5, 1);
INSERT INTO public.channel VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f119-73cb-81a6-eedef3e24483', 'direct', '', NULL, 'mem_01a21b53efee78f2929d5009da3e3a5c mem_01a21b53f075736a8caa32ae8dbf235a', '', NULL, 1795754815769348, 1, 1);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 1, 'chat.channel.joined', NULL, '{"member":"mem_01a21b53efee78f2929d5009da3e3a5c"}', 1795754815617500);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 1, 'chat.channel.joined', NULL, '{"member":"mem_01a21b53efee78f2929d5009da3e3a5c"}', 1795754815626799);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 2, 'chat.channel.joined', NULL, '{"member":"mem_01a21b53f03f7c13a4708474f6b9bc1f"}', 1795754815632982);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 3, 'chat.channel.joined', NULL, '{"member":"mem_01a21b53f075736a8caa32ae8dbf235a"}', 1795754815637413);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 2, 'chat.channel.joined', NULL, '{"member":"mem_01a21b53f03f7c13a4708474f6b9bc1f"}', 1795754815641323);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 33, 'chat.message.edited', '01a21b53-f0a5-7c63-99e8-c38fa34a4149', NULL, 1795754815727646);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 34, 'chat.message.edited', '01a21b53-f0a5-7c63-99e8-c38fa34a4149', NULL, 1795754815734654);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 35, 'chat.message.deleted', '01a21b53-f0b7-751f-8b43-1a4058230bba', NULL, 1795754815737759);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 36, 'chat.message.reacted', '01a21b53-f0be-7a08-997b-e02b1f8c63e6', '{"id":"msg_01a21b53f0be7a08997be02b1f8c63e6","member":"mem_01a21b53efee78f2929d5009da3e3a5c","emoji":"👍","on":true}', 1795754815746048);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 37, 'chat.message.reacted', '01a21b53-f0be-7a08-997b-e02b1f8c63e6', '{"id":"msg_01a21b53f0be7a08997be02b1f8c63e6","member":"mem_01a21b53f03f7c13a4708474f6b9bc1f","emoji":"👍️","on":true}', 1795754815750916);
INSERT INTO public.channel_event VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 38, 'chat.message.reacted', '01a21b53-f0be-7a08-997b-e02b1f8c63e6', '{"id":"msg_01a21b53f0be7a08997be02b1f8c63e6","member":"mem_01a21b53f03f7c13a4708474f6b9bc1f","emoji":"❤️","on":true}', 1795754815755315);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815617500, 1);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815626799, 1);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 1795754815632982, 2);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', '01a21b53-f075-736a-8caa-32ae8dbf235a', 1795754815637413, 3);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 1795754815641323, 2);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f119-73cb-81a6-eedef3e24483', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815769930, 0);
INSERT INTO public.channel_member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f119-73cb-81a6-eedef3e24483', '01a21b53-f075-736a-8caa-32ae8dbf235a', 1795754815770326, 0);
INSERT INTO public.installation VALUES (1, NULL, 1795754815466868);
INSERT INTO public.invitation VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-efff-79f3-bc3d-1b60acf88b34', 'ben@example.org', 'ben@example.org', 'editor', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815486714, 1796359615486714, 1795754815550448, NULL);
INSERT INTO public.invitation VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f044-7e32-92f0-747791d34fef', 'cleo@example.org', 'cleo@example.org', 'editor', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815556419, 1796359615556419, 1795754815605182, NULL);
INSERT INTO public.invitation VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f129-7cb8-8faa-e25e1b0fe80b', 'dora@example.org', 'dora@example.org', 'admin', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815785598, 1796359615785598, NULL, NULL);
INSERT INTO public.invitation_token VALUES ('\xbaa660b3048c0c10fd87f21b68beeb3ec0e6c22020ea91e86da79b730cbd8d48', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-efff-79f3-bc3d-1b60acf88b34');
INSERT INTO public.invitation_token VALUES ('\xcb5524898be3bcaa7d0f0853dea0c13218e89032d5d89dec925ae89ac55ad172', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f044-7e32-92f0-747791d34fef');
INSERT INTO public.invitation_token VALUES ('\x7414b694ad87e8fd8bdb836634583084b807b1e76983889983878b70551dabbd', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f129-7cb8-8faa-e25e1b0fe80b');
INSERT INTO public.member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-efee-78f2-929d-5009da3e3a5c', '01a21b53-efeb-7732-b6a3-237bf6872e15', 'Olga Owner', 'olga', 'owner', 'active', 1795754815470375);
INSERT INTO public.member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '01a21b53-f03e-7573-a6b5-3d68d6efdccf', 'Bén Ünïcode', 'ben', 'editor', 'active', 1795754815551098);
INSERT INTO public.member VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f075-736a-8caa-32ae8dbf235a', '01a21b53-f074-7ee2-bf94-69426c3be66c', 'Cleo Ørsted', 'cleo', 'editor', 'removed', 1795754815605608);
INSERT INTO public.membership VALUES ('01a21b53-efeb-7732-b6a3-237bf6872e15', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-efee-78f2-929d-5009da3e3a5c', NULL);
INSERT INTO public.membership VALUES ('01a21b53-f03e-7573-a6b5-3d68d6efdccf', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', NULL);
INSERT INTO public.membership VALUES ('01a21b53-f074-7ee2-bf94-69426c3be66c', '01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f075-736a-8caa-32ae8dbf235a', 1795754815781552);
INSERT INTO public.mention VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 4);
INSERT INTO public.mention VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 4);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 3, '01a21b53-f0a1-759a-a244-a5a598b6596a', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 'cfc155ac-21f1-4d77-8dff-f353e8c93797', 'message 0 é é', NULL, false, 1795754815649495, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 5, '01a21b53-f0a8-7bb4-9477-6b61d6901392', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '63f72e8a-e6b9-45ca-8d06-b878f1c57db6', 'message 2 é é', NULL, false, 1795754815656215, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 6, '01a21b53-f0aa-7d69-aeb4-269db635f575', '01a21b53-efee-78f2-929d-5009da3e3a5c', '5235d6f7-f77b-47c2-a779-96dbd27bcde0', '_@ben_ and @channel', NULL, true, 1795754815658625, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 7, '01a21b53-f0ae-746f-bcee-c7da637dbac6', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '5795f1cd-97b3-477a-89cd-90729805f92d', '`@cleo` code, not @nobody', NULL, false, 1795754815661175, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 8, '01a21b53-f0b1-73e3-9005-09f34a9a8f8b', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'f030f69f-541e-4fd9-b411-54633f0dc69d', 'hello @olga', '["mem_01a21b53efee78f2929d5009da3e3a5c"]', false, 1795754815665366, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 9, '01a21b53-f0b4-7787-94d5-29c1593fa36f', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '6165b696-40a9-4b09-b109-847365ad8b05', 'message 6 é é', NULL, false, 1795754815668731, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 11, '01a21b53-f0ba-7239-a0d2-1d18692e46b2', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '94fe0641-59a9-4c0e-9434-196a3137faf6', 'message 8 é é', NULL, false, 1795754815673893, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 12, '01a21b53-f0bc-7dce-b9ed-b173b61c43e5', '01a21b53-efee-78f2-929d-5009da3e3a5c', '2119c592-9c4c-42cf-9033-1ca76338004b', 'message 9 é é', NULL, false, 1795754815676088, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 13, '01a21b53-f0be-7a08-997b-e02b1f8c63e6', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '3b9f4b52-d1a4-4c42-9efa-85e3539c0ee6', 'message 10 é é', NULL, false, 1795754815678083, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 14, '01a21b53-f0c0-7a35-91d1-b9be5f63a8f8', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'cf6c856f-2a6d-4061-904f-ee432b47538d', 'message 11 é é', NULL, false, 1795754815680390, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 15, '01a21b53-f0c2-75a7-8269-754e1423c106', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '72337ec7-f1dd-4746-8675-244369ca47e3', 'message 12 é é', NULL, false, 1795754815682564, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 16, '01a21b53-f0c5-735d-829a-b843b129d457', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'd87ee9ba-918c-4d85-953b-910e336ac989', 'message 13 é é', NULL, false, 1795754815684970, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 17, '01a21b53-f0c7-757b-bede-55cae857ec8a', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '19d07f56-2431-48e5-b3de-d914c6c7bd60', 'message 14 é é', NULL, false, 1795754815687808, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 18, '01a21b53-f0ca-7a11-a812-20afb6e58dd0', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'be753893-0b43-4c06-bec4-6059147b2108', 'message 15 é é', NULL, false, 1795754815690638, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 19, '01a21b53-f0cd-738e-be5b-26f0126410ef', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 'a9f91b06-dccb-46df-bf82-454e990bf5c0', 'message 16 é é', NULL, false, 1795754815693333, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 20, '01a21b53-f0cf-7b71-9a9e-1b2f6c5ba281', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'd17fb0e0-696d-4638-bbb3-b1b0e0abc5b8', 'message 17 é é', NULL, false, 1795754815695805, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 21, '01a21b53-f0d2-7c16-8330-b9ff2ac9f582', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '792f28ef-933d-45c2-ba91-0acd47a23a23', 'message 18 é é', NULL, false, 1795754815698041, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 22, '01a21b53-f0d4-7108-929b-6868a283b73b', '01a21b53-efee-78f2-929d-5009da3e3a5c', '61c7bfb2-0ac1-41c6-96f3-e4d7fa45d4de', 'message 19 é é', NULL, false, 1795754815700281, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 23, '01a21b53-f0d6-7381-b88e-8d7b3f974bad', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 'd73dd231-630c-4dc5-abac-0514a400280e', 'message 20 é é', NULL, false, 1795754815702312, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 24, '01a21b53-f0d8-7b43-99e0-08022faec9a1', '01a21b53-efee-78f2-929d-5009da3e3a5c', '8940f164-87e5-4575-87c7-636f11b2abf8', 'message 21 é é', NULL, false, 1795754815704789, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 25, '01a21b53-f0db-7af9-9a1e-a1d330ac680f', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '73d6bb70-41bf-4781-8bac-fbe47b2819e6', 'message 22 é é', NULL, false, 1795754815707176, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 26, '01a21b53-f0dd-7e7b-924d-e63480a4f6eb', '01a21b53-efee-78f2-929d-5009da3e3a5c', '50d3f90b-661f-4707-af92-55e0c671eff9', 'message 23 é é', NULL, false, 1795754815709457, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 27, '01a21b53-f0df-72c5-a133-1a93718e2f77', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '02ff7aaa-cc4e-4180-af90-c73dcb7f4f97', 'message 24 é é', NULL, false, 1795754815711861, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 28, '01a21b53-f0e2-7683-b86e-08433271d040', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'ca34ab52-7faa-4b50-9dc6-4aa440fd402a', 'message 25 é é', NULL, false, 1795754815714041, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 29, '01a21b53-f0e4-7571-853a-40523dc5f49a', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '6c4458a8-b986-4f66-aa76-c86009346813', 'message 26 é é', NULL, false, 1795754815716141, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 30, '01a21b53-f0e6-7524-8c1e-d801c1a5bb48', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'ffc3a1d7-e1ec-47dc-bf1c-b3228ab7d1e3', 'message 27 é é', NULL, false, 1795754815718348, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 31, '01a21b53-f0e8-7cc9-9dcc-35ef2e6aff0c', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '161760b6-8d9c-4698-a13a-f7a7d9ea3070', 'message 28 é é', NULL, false, 1795754815720450, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 32, '01a21b53-f0ea-7ec9-bc85-4d6d6d694256', '01a21b53-efee-78f2-929d-5009da3e3a5c', '06753dcf-e9d5-48d1-9d93-54a2a6fa2646', 'message 29 é é', NULL, false, 1795754815722614, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 4, '01a21b53-f0a5-7c63-99e8-c38fa34a4149', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'b5aeba95-f311-404f-b37b-a2f1d1163c76', 'edited twice @ben', '["mem_01a21b53f03f7c13a4708474f6b9bc1f"]', false, 1795754815653466, 1795754815733713, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 10, '01a21b53-f0b7-751f-8b43-1a4058230bba', '01a21b53-efee-78f2-929d-5009da3e3a5c', 'f43f26aa-683a-4ad5-bf14-26e48dbbb0ec', '', NULL, false, 1795754815671194, NULL, 1795754815737759);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 4, '01a21b53-f113-7416-a348-6cbc78831c63', '01a21b53-efee-78f2-929d-5009da3e3a5c', '7352cc32-7690-458b-a20c-a6a021c29965', 'for us @ben', '["mem_01a21b53f03f7c13a4708474f6b9bc1f"]', false, 1795754815762602, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f08a-7345-9b76-0f076a383f77', 5, '01a21b53-f116-79c2-96fd-54575cb2a258', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', '1890898b-e6d4-41eb-a144-36c579cbb9b4', 'yes', NULL, false, 1795754815766045, NULL, NULL);
INSERT INTO public.message VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f119-73cb-81a6-eedef3e24483', 1, '01a21b53-f120-74ea-810f-ade7e024ca6f', '01a21b53-efee-78f2-929d-5009da3e3a5c', '000317e9-e8e2-4abc-acb5-1ed14bc29148', 'hello Cleo', NULL, false, 1795754815776646, NULL, NULL);
INSERT INTO public.message_revision VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f0a5-7c63-99e8-c38fa34a4149', 33, 1795754815653466, 'message 1 é é');
INSERT INTO public.message_revision VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f0a5-7c63-99e8-c38fa34a4149', 34, 1795754815727153, 'edited once');
INSERT INTO public.organisation VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', 'Acme & Daughters', 'acme-daughters', 1795754815468484);
INSERT INTO public.outbox VALUES ('01a21b53-f000-7d93-b505-180763f4a6b7', 'mail', '{"to":"ben@example.org","subject":"Olga Owner invites you to Acme & Daughters","text":"Olga Owner invites you to join Acme & Daughters on Holdfast as an editor.\n\nHoldfast is where its people talk and look after their clients. You need only a browser.\n\nOpen this link to accept. It works once, for seven days.\n\nhttps://holdfast.test/invite#ROIJ0dcW9rXjxa6Ul2v8j9SikD_cIWtZywc3Ze21yxo\n\nIf you did not expect this, you can ignore it: nothing happens unless you accept.\n","html":"<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\"><p>Olga Owner invites you to join Acme &amp; Daughters on Holdfast as an editor.</p><p>Holdfast is where its people talk and look after their clients. You need only a browser.</p><p>Open this link to accept. It works once, for seven days.</p><p><a href=\"https://holdfast.test/invite#ROIJ0dcW9rXjxa6Ul2v8j9SikD_cIWtZywc3Ze21yxo\">Accept the invitation</a></p><p style=\"color:#666\">https://holdfast.test/invite#ROIJ0dcW9rXjxa6Ul2v8j9SikD_cIWtZywc3Ze21yxo</p><p>If you did not expect this, you can ignore it: nothing happens unless you accept.</p></body></html>"}', 1795754815488806, 0, NULL);
INSERT INTO public.outbox VALUES ('01a21b53-f045-7ec8-8fb8-de1740e90869', 'mail', '{"to":"cleo@example.org","subject":"Olga Owner invites you to Acme & Daughters","text":"Olga Owner invites you to join Acme & Daughters on Holdfast as an editor.\n\nHoldfast is where its people talk and look after their clients. You need only a browser.\n\nOpen this link to accept. It works once, for seven days.\n\nhttps://holdfast.test/invite#dYZuHH1L_IxGRECuBj9KI-HNjaFv8h9Zk-fGsPUVe5I\n\nIf you did not expect this, you can ignore it: nothing happens unless you accept.\n","html":"<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\"><p>Olga Owner invites you to join Acme &amp; Daughters on Holdfast as an editor.</p><p>Holdfast is where its people talk and look after their clients. You need only a browser.</p><p>Open this link to accept. It works once, for seven days.</p><p><a href=\"https://holdfast.test/invite#dYZuHH1L_IxGRECuBj9KI-HNjaFv8h9Zk-fGsPUVe5I\">Accept the invitation</a></p><p style=\"color:#666\">https://holdfast.test/invite#dYZuHH1L_IxGRECuBj9KI-HNjaFv8h9Zk-fGsPUVe5I</p><p>If you did not expect this, you can ignore it: nothing happens unless you accept.</p></body></html>"}', 1795754815557274, 0, NULL);
INSERT INTO public.outbox VALUES ('01a21b53-f12a-7680-8047-dbf433f9021d', 'mail', '{"to":"dora@example.org","subject":"Olga Owner invites you to Acme & Daughters","text":"Olga Owner invites you to join Acme & Daughters on Holdfast as an administrator.\n\nHoldfast is where its people talk and look after their clients. You need only a browser.\n\nOpen this link to accept. It works once, for seven days.\n\nhttps://holdfast.test/invite#QcTM8fbH9BBSYAHEdjLu9TB_13mMPJVvS71YW4ynvg8\n\nIf you did not expect this, you can ignore it: nothing happens unless you accept.\n","html":"<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\"><p>Olga Owner invites you to join Acme &amp; Daughters on Holdfast as an administrator.</p><p>Holdfast is where its people talk and look after their clients. You need only a browser.</p><p>Open this link to accept. It works once, for seven days.</p><p><a href=\"https://holdfast.test/invite#QcTM8fbH9BBSYAHEdjLu9TB_13mMPJVvS71YW4ynvg8\">Accept the invitation</a></p><p style=\"color:#666\">https://holdfast.test/invite#QcTM8fbH9BBSYAHEdjLu9TB_13mMPJVvS71YW4ynvg8</p><p>If you did not expect this, you can ignore it: nothing happens unless you accept.</p></body></html>"}', 1795754815786746, 0, NULL);
INSERT INTO public.reaction VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 13, '👍', '01a21b53-efee-78f2-929d-5009da3e3a5c', 1795754815746048);
INSERT INTO public.reaction VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 13, '👍️', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 1795754815750916);
INSERT INTO public.reaction VALUES ('01a21b53-efec-79b3-98fc-e6c92b71ec3e', '01a21b53-f080-7b2a-af1e-98819b63432b', 13, '❤️', '01a21b53-f03f-7c13-a470-8474f6b9bc1f', 1795754815755315);
INSERT INTO public.schema_migration VALUES (1, '0001_foundation');
INSERT INTO public.schema_migration VALUES (2, '0002_chat');
INSERT INTO public.schema_migration VALUES (3, '0003_import');
INSERT INTO public.session VALUES ('01a21b53-efef-705f-b657-eb1c18641b86', '\xc3f3bf89760086963fb5699f84dcd5dd3df17055c2be6a42aacc810d4e879799', '01a21b53-efeb-7732-b6a3-237bf6872e15', 1795754815471595, 1795754815471595, 1803530815471595, NULL, '127.0.0.1', 'Unknown device');
INSERT INTO public.session VALUES ('01a21b53-f03f-7ea7-84c4-b9d3b1e60b08', '\xd12a0282978c402631b90691b23273dcb74bddaccb855cdbe54219de766eda3d', '01a21b53-f03e-7573-a6b5-3d68d6efdccf', 1795754815551458, 1795754815551458, 1803530815551458, NULL, '127.0.0.1', 'Unknown device');
INSERT INTO public.session VALUES ('01a21b53-f076-7529-8d39-f7a6deebb7b8', '\x93a6506967ed55924835f8cf252f81d77f6c2441a398feb7f3740505ed96f673', '01a21b53-f074-7ee2-bf94-69426c3be66c', 1795754815606007, 1795754815606007, 1803530815606007, NULL, '127.0.0.1', 'Unknown device');
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_folded_key UNIQUE (email_folded);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (org_id, id);
ALTER TABLE ONLY public.channel_event
    ADD CONSTRAINT channel_event_pkey PRIMARY KEY (org_id, channel_id, seq);
ALTER TABLE ONLY public.channel_member
    ADD CONSTRAINT channel_member_pkey PRIMARY KEY (org_id, channel_id, member_id);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_org_id_direct_key_key UNIQUE (org_id, direct_key);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_org_id_name_folded_key UNIQUE (org_id, name_folded);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (org_id, id);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (principal, key);
ALTER TABLE ONLY public.import_source
    ADD CONSTRAINT import_source_pkey PRIMARY KEY (org_id, channel_id, source);
ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (org_id, id);
ALTER TABLE ONLY public.invitation_token
    ADD CONSTRAINT invitation_token_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.login_failure
    ADD CONSTRAINT login_failure_pkey PRIMARY KEY (account, address);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_org_id_handle_key UNIQUE (org_id, handle);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_org_id_user_id_key UNIQUE (org_id, user_id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (org_id, id);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (user_id, org_id);
ALTER TABLE ONLY public.mention
    ADD CONSTRAINT mention_pkey PRIMARY KEY (org_id, channel_id, member_id, seq);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_org_id_author_id_client_id_key UNIQUE (org_id, author_id, client_id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_org_id_id_key UNIQUE (org_id, id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (org_id, channel_id, seq);
ALTER TABLE ONLY public.message_revision
    ADD CONSTRAINT message_revision_pkey PRIMARY KEY (org_id, message_id, seq);
ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (org_id);
ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.reaction
    ADD CONSTRAINT reaction_pkey PRIMARY KEY (org_id, channel_id, seq, emoji, member_id);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_token_hash_key UNIQUE (token_hash);
CREATE INDEX audit_action ON public.audit_entry USING btree (org_id, action, id);
CREATE INDEX audit_actor ON public.audit_entry USING btree (org_id, actor_id, id);
CREATE INDEX channel_member_of ON public.channel_member USING btree (org_id, member_id);
CREATE INDEX idempotency_age ON public.idempotency USING btree (created_at);
CREATE INDEX invitation_email ON public.invitation USING btree (org_id, email_folded);
CREATE INDEX message_to_all ON public.message USING btree (org_id, channel_id, seq) WHERE mentions_all;
CREATE INDEX outbox_due ON public.outbox USING btree (due_at);
CREATE INDEX password_reset_user ON public.password_reset USING btree (user_id, created_at);
CREATE INDEX session_by_user ON public.session USING btree (user_id, ended_at);
CREATE TRIGGER audit_entry_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entry FOR EACH STATEMENT EXECUTE FUNCTION public.audit_entry_is_append_only();
ALTER TABLE ONLY public.channel_event
    ADD CONSTRAINT channel_event_org_id_channel_id_fkey FOREIGN KEY (org_id, channel_id) REFERENCES public.channel(org_id, id);
ALTER TABLE ONLY public.channel_event
    ADD CONSTRAINT channel_event_org_id_message_id_fkey FOREIGN KEY (org_id, message_id) REFERENCES public.message(org_id, id);
ALTER TABLE ONLY public.channel_member
    ADD CONSTRAINT channel_member_org_id_channel_id_fkey FOREIGN KEY (org_id, channel_id) REFERENCES public.channel(org_id, id);
ALTER TABLE ONLY public.channel_member
    ADD CONSTRAINT channel_member_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.member(org_id, id);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisation(org_id);
ALTER TABLE ONLY public.import_source
    ADD CONSTRAINT import_source_org_id_channel_id_fkey FOREIGN KEY (org_id, channel_id) REFERENCES public.channel(org_id, id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisation(org_id);
ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_org_id_invited_by_fkey FOREIGN KEY (org_id, invited_by) REFERENCES public.member(org_id, id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.organisation(org_id);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.mention
    ADD CONSTRAINT mention_org_id_channel_id_seq_fkey FOREIGN KEY (org_id, channel_id, seq) REFERENCES public.message(org_id, channel_id, seq);
ALTER TABLE ONLY public.mention
    ADD CONSTRAINT mention_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.member(org_id, id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_org_id_author_id_fkey FOREIGN KEY (org_id, author_id) REFERENCES public.member(org_id, id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT message_org_id_channel_id_fkey FOREIGN KEY (org_id, channel_id) REFERENCES public.channel(org_id, id);
ALTER TABLE ONLY public.message_revision
    ADD CONSTRAINT message_revision_org_id_message_id_fkey FOREIGN KEY (org_id, message_id) REFERENCES public.message(org_id, id);
ALTER TABLE ONLY public.password_reset
    ADD CONSTRAINT password_reset_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.reaction
    ADD CONSTRAINT reaction_org_id_channel_id_seq_fkey FOREIGN KEY (org_id, channel_id, seq) REFERENCES public.message(org_id, channel_id, seq);
ALTER TABLE ONLY public.reaction
    ADD CONSTRAINT reaction_org_id_member_id_fkey FOREIGN KEY (org_id, member_id) REFERENCES public.member(org_id, id);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.account(id);
ALTER TABLE public.audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.channel ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.channel_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.channel_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.import_source ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.mention ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.message_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.reaction ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.audit_entry USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.channel USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.channel_event USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.channel_member USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.import_source USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.invitation USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.member USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.mention USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.message USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.message_revision USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.organisation USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
CREATE POLICY tenant ON public.reaction USING ((org_id = (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid));
GRANT USAGE ON SCHEMA public TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account TO holdfast_app;
GRANT SELECT,INSERT ON TABLE public.audit_entry TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.channel TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.channel_event TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.channel_member TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.import_source TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.installation TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitation TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitation_token TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.login_failure TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.member TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.membership TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mention TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.message_revision TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.organisation TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.outbox TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.password_reset TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reaction TO holdfast_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session TO holdfast_app;
