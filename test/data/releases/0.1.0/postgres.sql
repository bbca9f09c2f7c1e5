SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.watchword_tell() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
      perform pg_notify('watchword', tg_argv[0] || case when tg_argv[0] = 'keys' then '' else ' ' || left(old.id, 1000) end);
      return null;
    end
  $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.events (
    id text NOT NULL COLLATE pg_catalog."C",
    at double precision NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    session_id text COLLATE pg_catalog."C",
    actor text COLLATE pg_catalog."C",
    address text COLLATE pg_catalog."C",
    request_id text COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.keys (
    id text NOT NULL COLLATE pg_catalog."C",
    algorithm text NOT NULL COLLATE pg_catalog."C",
    stage text NOT NULL COLLATE pg_catalog."C",
    public_jwk text NOT NULL COLLATE pg_catalog."C",
    sealed text NOT NULL COLLATE pg_catalog."C",
    created_at double precision NOT NULL,
    token_life double precision NOT NULL,
    verifies_until double precision
);
CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text COLLATE pg_catalog."C",
    generation integer NOT NULL,
    jti text NOT NULL COLLATE pg_catalog."C",
    previous_jti text COLLATE pg_catalog."C",
    rotated_at double precision,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    idle_expires_at double precision NOT NULL,
    epoch integer NOT NULL,
    ended_at double precision,
    end_reason text COLLATE pg_catalog."C"
)
WITH (fillfactor='80');
CREATE TABLE public.throttle_hits (
    key text NOT NULL COLLATE pg_catalog."C",
    slot integer NOT NULL,
    at double precision NOT NULL
);
CREATE TABLE public.tokens (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL COLLATE pg_catalog."C",
    hint text NOT NULL COLLATE pg_catalog."C",
    name text COLLATE pg_catalog."C",
    scopes text NOT NULL COLLATE pg_catalog."C",
    nonce text COLLATE pg_catalog."C",
    created_at double precision NOT NULL,
    expires_at double precision
);
CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    username text NOT NULL COLLATE pg_catalog."C",
    username_key text NOT NULL COLLATE pg_catalog."C",
    email text COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C",
    active integer NOT NULL,
    staff integer NOT NULL,
    superuser integer NOT NULL,
    roles text NOT NULL COLLATE pg_catalog."C",
    epoch integer NOT NULL,
    joined_at double precision NOT NULL,
    last_login_at double precision,
    attributes text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.watchword_migrations (
    number integer NOT NULL,
    name text NOT NULL
);
INSERT INTO public.events VALUES ('019ec1547c000001534cf7864870ace8', 1781360000, 'user_created', '9b10269b4944f5b1ace06a499bbcf88a', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000254396cf89c28e90b', 1786544000, 'user_created', 'bdb28b85ec435d7e6acffb4432ffe338', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c000003b125d6709ab6551e', 1786544000, 'user_created', '08c26210722458e108fc80e09ab65a0f', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000041f664e03722b83c5', 1786544000, 'user_created', '8a50a4b6d4b7f36f5e5589d32ca67fd4', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000053f2c96169a905ba7', 1786544000, 'user_created', 'c5bb73f4974594af8d6005c1e10886d5', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000657536c67ed353891', 1786544000, 'user_created', '7ef0188371f162440e1f36a6569c84d1', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000073c9a04f268e54b51', 1786544000, 'user_created', '49500a7055f75531c85bf31049abcffe', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c000008d3b2413c33a39647', 1786544000, 'user_created', 'ab480f2f87c25ed65bed24694d268448', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c000009c263862acfc0197d', 1786544000, 'user_created', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000a4c99e0ec06947335', 1786544000, 'user_created', 'ee536f2ff8692cfd2d10e6ed896f813b', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000bb7c894160e57a1b9', 1786544000, 'user_created', '90cc35d4dff80d1df7101a5d95140ea1', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000cf17a23e1464356fc', 1786544000, 'user_created', '52b2522b7f79f9f5b7ac6d8e6a852660', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000de2f90600697624dd', 1786544000, 'user_created', 'b697d83aa73a556298cfd627bbbacf0a', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000e5d56086e2b9fa484', 1786544000, 'user_created', 'd0eb33ddcefd0f21e3ca49440f3e9009', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00000f65bc34299295293b', 1786544000, 'user_created', '7431baa0a363df997453a42ea5d83726', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000100855b45a4f298f11', 1786544000, 'user_created', '484a9213621a139533c07c9f1f0f9e49', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001167f2baed9acd87ab', 1786544000, 'user_created', 'ad8b6b95be076fe449279829dfc08db9', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001255197ba0181762a1', 1786544000, 'user_created', 'fae0eb054f2956ca039235332cfe569d', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c000013fb90068268516abc', 1786544000, 'user_created', '024010baa1035aab8c6ff60c301be6bd', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001431e426d5c641a9b9', 1786544000, 'user_created', '8a5c578e7595556d86c19ff6432c1228', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001529526fb8c8dc7ee5', 1786544000, 'user_created', '75646625f3f994d22c5810e83b9eff66', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000167daa3794d17b4799', 1786544000, 'user_created', 'a3739099006aa85304ee9547627a4c4c', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000170cf9a2da711797fe', 1786544000, 'user_created', '916324821f3b25cd4add43b2c16897ce', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001831b1810724ae2a1e', 1786544000, 'user_created', 'bdb05799455560df49d96f518bcd848b', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001991d2398e21aac335', 1786544000, 'user_created', '162cf6b056ba915d5d2661d9123e36c2', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001a4186a59c7fa5a37b', 1786544000, 'user_created', 'e3b1c42cbaf959251a9e5e902895fd32', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001bb56336347e39ebb1', 1786544000, 'user_created', '12baaa01c407cdfe96715c4979b9dc95', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001cb10f1023e09af93b', 1786544000, 'user_created', '66f11533c22c38623862911e6fa1d660', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001d26b3b111339b7333', 1786544000, 'user_created', 'ceae1b805af7c1b14483e306e74b2345', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001ec20530896e1db003', 1786544000, 'user_created', 'cd170bd2b8f4edc43be8166e997805ef', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00001f204d8925e8621bb5', 1786544000, 'user_created', '20079f047af31af2fb6055b2309f9450', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c00002037031c02c1953f4c', 1786544000, 'user_created', '924724a70f9acb1d48f4b0381dec97d8', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ff6520c0000217835c7a26f24b858', 1786544000, 'user_created', '3ca01789238fc2444489a814263e873c', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('019ffb786800002295425866733e6000', 1786630400, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '5eb1a258e6d47683a3f2381373f063e2', NULL, '203.0.113.7', '99686a0eaf9aca0e8ab3f4910cdcf8f3', '{}');
INSERT INTO public.events VALUES ('01a029c87c4000236e5a68d61e98c26f', 1787407400, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '358566b8c56595ac7e8eb77ffc5de53a', NULL, '203.0.113.7', '9cf532e93b176e4525b03f4877ba1c80', '{}');
INSERT INTO public.events VALUES ('01a029d1a40000243f2aba29e210c20b', 1787408000, 'api_token_created', '9b10269b4944f5b1ace06a499bbcf88a', NULL, NULL, NULL, NULL, '{"token":"865aba95278519d53e3f4da0dd03653a","scopes":[]}');
INSERT INTO public.events VALUES ('01a05d513c000025e346e49aa85df47c', 1788272000, 'keys_rotated', NULL, NULL, NULL, NULL, NULL, '{"current":"PZEwR0_4JLapPYT6NKRUaUowXglExXwy9H99Ctuw9PQ","retiring":"Jz5X50sKnN_6CMVS1y7EdGfEOWbgIMHpWLZj4QMrGcY","next":"FtX7iIXa3XBx2XJMOgTBSrS3rRlEXgX78tkSwj61WCc","leaked":false}');
INSERT INTO public.events VALUES ('01a05d513c0000267078b473488a331c', 1788272000, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', 'd086146df1146dc278c3aaa9c7fea552', NULL, '203.0.113.7', '5752e18e0e6d961f5871e1e0f13ca98a', '{}');
INSERT INTO public.events VALUES ('01a07c3679a00027d8a82c93406ed1bc', 1788790340, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '37e28d1aefcc90413483eef5df4bb1f7', NULL, '203.0.113.7', 'e3c2563138113f7ee5b5c94bbd3222e8', '{}');
INSERT INTO public.events VALUES ('01a0815dc0000028f2111d350665f5e4', 1788876800, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '6f3549ec15b5a2318ed6c7a1d17fe275', NULL, '203.0.113.7', 'f2a24d26e1d6fa8f08cb70851be6b29e', '{}');
INSERT INTO public.events VALUES ('01a0b4dd58000001aafc223527238093', 1789740800, 'api_token_created', '9b10269b4944f5b1ace06a499bbcf88a', NULL, NULL, NULL, NULL, '{"token":"3f2a117e70b388ff0ed38e5c0cc3585d","scopes":["notes:read","notes:write"]}');
INSERT INTO public.events VALUES ('01a0b4dd58000002108dd865bdb157f5', 1789740800, 'api_token_created', '9b10269b4944f5b1ace06a499bbcf88a', NULL, NULL, NULL, NULL, '{"token":"6236074a2f0a61e82576e6ee5aa7cde2","scopes":[]}');
INSERT INTO public.events VALUES ('01a0ba03b40000037de2ada4d9de1644', 1789827200, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '21d6db4c52f4d87c358abf60d67dbe2e', NULL, '203.0.113.7', '19d0952307467fe52645c5c9d36afebc', '{}');
INSERT INTO public.events VALUES ('01a0ba03b4000004f522cb82a53e0ff6', 1789827200, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '890598fbdd63cf238a3466c5afbd5961', NULL, '203.0.113.7', '0c7c31e7fde6daf39a9da5045ea91661', '{}');
INSERT INTO public.events VALUES ('01a0ba03b4000005b91d69d123855ea9', 1789827200, 'api_token_created', '8a50a4b6d4b7f36f5e5589d32ca67fd4', NULL, NULL, NULL, NULL, '{"token":"07d447975c921ea36840190b0e61d218"}');
INSERT INTO public.events VALUES ('01a0bf2a10000006bd7063da07c64719', 1789913600, 'signed_out', 'bdb28b85ec435d7e6acffb4432ffe338', '890598fbdd63cf238a3466c5afbd5961', NULL, '203.0.113.7', 'c2f3e461f388fb759d506fd97055d664', '{}');
INSERT INTO public.events VALUES ('01a0bf2a10000007c6782bce65acfaea', 1789913600, 'signed_in', 'c5bb73f4974594af8d6005c1e10886d5', '88ef4be812b9be80fecf3926e9c16594', NULL, '203.0.113.7', 'd0ade9e084d23de25b0e8a57bcc8df4f', '{}');
INSERT INTO public.events VALUES ('01a0bf2a100000081b7be2ff6e79d682', 1789913600, 'api_token_created', 'bdb28b85ec435d7e6acffb4432ffe338', NULL, NULL, NULL, NULL, '{"token":"a3f92b655e5dcf1cf82c6b284565d283","scopes":[]}');
INSERT INTO public.events VALUES ('01a0bf2a10000009ce6890b5138aac90', 1789913600, 'api_token_created', '49500a7055f75531c85bf31049abcffe', NULL, NULL, NULL, NULL, '{"token":"20896c462e98451428e699aa4559851c","scopes":[]}');
INSERT INTO public.events VALUES ('01a0bf2a1000000ad0dda4f571ffa5ab', 1789913600, 'api_token_created', 'ee536f2ff8692cfd2d10e6ed896f813b', NULL, NULL, NULL, NULL, '{"token":"de65f9ed6ca1a4008cafeca9c895a2a1","scopes":[]}');
INSERT INTO public.events VALUES ('01a0bf2a1000000b8244e8269bbe1ed3', 1789913600, 'api_token_created', '90cc35d4dff80d1df7101a5d95140ea1', NULL, NULL, NULL, NULL, '{"token":"8160881aa2b3845985ae6cba3cbc0af1","scopes":[]}');
INSERT INTO public.events VALUES ('01a0c1bd3e00000eae44164ddf288e47', 1789956800, 'password_changed', 'c5bb73f4974594af8d6005c1e10886d5', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('01a0c33dc38000104696f02e394160ac', 1789982000, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '037cda42d2753880260f9f8a3279ccd7', NULL, '203.0.113.7', '500931dd292a810a0222bbe41bbb2675', '{}');
INSERT INTO public.events VALUES ('01a0c4197d8000177b680872f4d70250', 1789996400, 'signed_in', '8a50a4b6d4b7f36f5e5589d32ca67fd4', 'b558dd756b46c5a9c0e8d05ec88d8201', NULL, '203.0.113.7', 'd12da443882641588223a003e43a47ef', '{}');
INSERT INTO public.events VALUES ('01a0c4197d800019caa64fb0b0c23caa', 1789996400, 'api_token_revoked', 'bdb28b85ec435d7e6acffb4432ffe338', NULL, NULL, NULL, NULL, '{"token":"a3f92b655e5dcf1cf82c6b284565d283"}');
INSERT INTO public.events VALUES ('01a0c4197d80001af705af611f7150f0', 1789996400, 'api_token_revoked', '49500a7055f75531c85bf31049abcffe', NULL, NULL, NULL, NULL, '{"tokens":1}');
INSERT INTO public.events VALUES ('01a0c4199108001b87b859d6ea5991bb', 1789996405, 'refresh_replayed', 'bdb28b85ec435d7e6acffb4432ffe338', '9c43971c55bb89ded256c1018735a7df', NULL, '203.0.113.7', '565f56811cfe1d847fcfaec5fc288796', '{}');
INSERT INTO public.events VALUES ('01a0c44d5ec0001dc368be9377917a47', 1789999800, 'reuse_detected', 'bdb28b85ec435d7e6acffb4432ffe338', 'b8498842224e5dced026299e09504013', NULL, '203.0.113.7', '8b51726a1f2b0500eaaf54110ffc39d3', '{}');
INSERT INTO public.events VALUES ('01a0c44d5ec0001e4a664715e1bce140', 1789999800, 'signed_in', '8a50a4b6d4b7f36f5e5589d32ca67fd4', '172263532088995c9fd752b7686220f1', NULL, '203.0.113.7', '2f519b0b3bf14f9d2d522ddc7fa476e8', '{}');
INSERT INTO public.events VALUES ('01a0c44d5ec0002087c0ce2c367bed58', 1789999800, 'signed_in', '90cc35d4dff80d1df7101a5d95140ea1', '4cbb4bfa9f4aef16be531358ed73e8c7', NULL, '203.0.113.7', 'da024b18bfe47647e9e34e96cca36d2e', '{}');
INSERT INTO public.events VALUES ('01a0c44e2210002345a57a2d62da93b3', 1789999850, 'session_ended', '8a50a4b6d4b7f36f5e5589d32ca67fd4', NULL, NULL, NULL, NULL, '{"sessions":2}');
INSERT INTO public.events VALUES ('01a0c44e22100024b0634bd9568c614a', 1789999850, 'password_changed', 'c5bb73f4974594af8d6005c1e10886d5', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('01a0c44e2210002653f503eb48095dd2', 1789999850, 'user_deleted', '90cc35d4dff80d1df7101a5d95140ea1', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('01a0c44ee56000293806b16b4ba24658', 1789999900, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '08faf8a64b6522030dafc32772ad741f', NULL, '203.0.113.7', '08e50cca4d0edeb2d9e887bf53d28203', '{}');
INSERT INTO public.events VALUES ('01a0c44f81a0002b76fb85c921cdd50f', 1789999940, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', 'b2e0e5b34e7688ad9feb5f987ef9a54c', NULL, '203.0.113.7', 'ea036d0f135cbc961a2641b4847ce73b', '{}');
INSERT INTO public.events VALUES ('01a0c005ca00000c02175cec26d7cbf0', 1789928000, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '7459e46bdd803b30ed137fd366c5f958', NULL, '203.0.113.7', '6b4fb60a66338e3632e5f90fdefe172b', '{}');
INSERT INTO public.events VALUES ('01a0c1864f80000db048d286f34cdaa0', 1789953200, 'signed_in', 'c5bb73f4974594af8d6005c1e10886d5', 'bf7e608be293f55fabe5633b624b5442', NULL, '203.0.113.7', 'e6c4d82de5d89a3d7584e63480d78042', '{}');
INSERT INTO public.events VALUES ('01a0c22b1b00000f1e7b46a5ce770c0a', 1789964000, 'keys_rotated', NULL, NULL, NULL, NULL, NULL, '{"current":"FtX7iIXa3XBx2XJMOgTBSrS3rRlEXgX78tkSwj61WCc","retiring":"PZEwR0_4JLapPYT6NKRUaUowXglExXwy9H99Ctuw9PQ","next":"-YwXQzD9iwHDv3BqBPWW9m94JE4GunCAhynmCgfrgl0","leaked":false}');
INSERT INTO public.events VALUES ('01a0c3aba08000114ec7785c3fabb193', 1789989200, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '0dc8cf28473e4aaf49d5eedcab55524c', NULL, '203.0.113.7', '44b2e4c3810d314c281b7d98b07fd218', '{}');
INSERT INTO public.events VALUES ('01a0c3aba0800012ac4c0bda258e2de2', 1789989200, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', 'b8498842224e5dced026299e09504013', NULL, '203.0.113.7', 'f6646f4db39298d0ea7fefc862aa5010', '{}');
INSERT INTO public.events VALUES ('01a0c3aba08000137de1bb2913bef5b9', 1789989200, 'signed_in', '7ef0188371f162440e1f36a6569c84d1', 'f466535912686c209ae44b87c3610372', NULL, '203.0.113.7', '77a801f68fe1b035e5fc5f2cf98365b0', '{}');
INSERT INTO public.events VALUES ('01a0c3e28f00001433a27f11262497d9', 1789992800, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '9c43971c55bb89ded256c1018735a7df', NULL, '203.0.113.7', '99d55032a6eccb09411e04f96cb9c5b2', '{}');
INSERT INTO public.events VALUES ('01a0c3e28f0000167b987cb36ba14cbb', 1789992800, 'signed_in', '8a50a4b6d4b7f36f5e5589d32ca67fd4', '5b41c07ccc3688be00b2ac4f5c8f4538', NULL, '203.0.113.7', 'b298cdceb44477c3d405a5c6df12247c', '{}');
INSERT INTO public.events VALUES ('01a0c44d5ec0001f9356ec059ed2cb34', 1789999800, 'signed_in', 'ee536f2ff8692cfd2d10e6ed896f813b', 'd29ea4a19e9b055e6d7e5f88ae15b8d7', NULL, '203.0.113.7', 'c0bdb9dd86e4a5383df9e680b68d79a9', '{}');
INSERT INTO public.events VALUES ('01a0c44dace00021f1cc895536c4a39c', 1789999820, 'session_ended', '9b10269b4944f5b1ace06a499bbcf88a', 'd9b35d534985c101d2f8dd5b112c0fc7', 'staff:7', NULL, NULL, '{}');
INSERT INTO public.events VALUES ('01a0c44e49200027756e492fa3ed52f5', 1789999860, 'signed_in', 'c5bb73f4974594af8d6005c1e10886d5', '9b12f952da03c75fa5dd0552d1697a2b', NULL, '203.0.113.7', 'ceeb08d29efb53a663c39c29110d9216', '{}');
INSERT INTO public.events VALUES ('01a0c44fa8b0002d33a8c4e28cd753b1', 1789999950, 'signed_out', 'bdb28b85ec435d7e6acffb4432ffe338', '08faf8a64b6522030dafc32772ad741f', NULL, '203.0.113.7', '3516ffccc18e3acb2fbeff0463d174a5', '{}');
INSERT INTO public.events VALUES ('01a0c3e28f000015f616f0e8d2bb61a7', 1789992800, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', 'd9b35d534985c101d2f8dd5b112c0fc7', NULL, '203.0.113.7', 'e27528bdc64d952a486dbb993149eedd', '{}');
INSERT INTO public.events VALUES ('01a0c44dfb0000228741d4323648d4b2', 1789999840, 'signed_in', 'c5bb73f4974594af8d6005c1e10886d5', '1966485988bf8885bccc687046e3ad18', NULL, '203.0.113.7', 'f4a1746ffe9b5174f6d73978a5b085e5', '{}');
INSERT INTO public.events VALUES ('01a0c44e22100025fc0b3901cee8d9fe', 1789999850, 'user_changed', 'ee536f2ff8692cfd2d10e6ed896f813b', NULL, NULL, NULL, NULL, '{"fields":["active"]}');
INSERT INTO public.events VALUES ('01a0c44e9740002857ee23c936148021', 1789999880, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '0915240efd3d0ba0138a88addf29539f', NULL, '203.0.113.7', 'bb03db4d3f3c150218cc5d58a1219581', '{}');
INSERT INTO public.events VALUES ('01a0c44ee560002a55ff5f4ecacb862d', 1789999900, 'signed_out', '9b10269b4944f5b1ace06a499bbcf88a', '0915240efd3d0ba0138a88addf29539f', NULL, '203.0.113.7', '6d1df5a756c2c4dc3b893c9e38c135e7', '{}');
INSERT INTO public.events VALUES ('01a0c44f81a0002c1f7dbdb45c5751fe', 1789999940, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', 'cf550f7c03fec8555c4006f901e5f9a5', NULL, '203.0.113.7', '9190f11ffe3800194f501d67cd3b0507', '{}');
INSERT INTO public.events VALUES ('01a0c44fcfc0002e98e0ef6149174d4d', 1789999960, 'signed_in', 'bdb28b85ec435d7e6acffb4432ffe338', '0fb1f386cb2cf1f5cc8942108adf9f85', NULL, '203.0.113.7', 'f87feb85a54f3db4f2d218e3ddf64161', '{}');
INSERT INTO public.events VALUES ('01a0c44ff6d0002f71683c5086a8e61c', 1789999970, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'd1bd24eac6f4498a7d274b01edec54c5', '{}');
INSERT INTO public.events VALUES ('01a0c44ffab80030fe7a2d7d94be2255', 1789999971, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'c6165691709373650f9df591f6a71c0e', '{}');
INSERT INTO public.events VALUES ('01a0c44ffea00031e1a5bc16e4132929', 1789999972, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', '61438ee9dd3a6c57a8ff2f996998c346', '{}');
INSERT INTO public.events VALUES ('01a0c45002880032214248abe991c1ab', 1789999973, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'aacdec727733621c90d72721fb908201', '{}');
INSERT INTO public.events VALUES ('01a0c45006700033f02a8c5039614865', 1789999974, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', '0feafc5d118a4430dee17d062b901280', '{}');
INSERT INTO public.events VALUES ('01a0c4500a580034fb6a2651b108fe89', 1789999975, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'd65950243e31cae2cc4db7cfa4a68c80', '{}');
INSERT INTO public.events VALUES ('01a0c4500e400035f3f75f6f337ae877', 1789999976, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'f22b9f063c95fcd5b842bf7f53b88f72', '{}');
INSERT INTO public.events VALUES ('01a0c45012280036914f2036d63e1d3a', 1789999977, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', '9c22ace6bcada0b666811bc0e79929d9', '{}');
INSERT INTO public.events VALUES ('01a0c450161000376655f7bf5f58b676', 1789999978, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'afc0c2ae5bb087c7645fe31657501ad1', '{}');
INSERT INTO public.events VALUES ('01a0c45019f8003822651ea7a13282ce', 1789999979, 'sign_in_failed', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', '9fb8b53780bec86214cc5cd0386e72db', '{}');
INSERT INTO public.events VALUES ('01a0c4501de0003936315d42c0e02c91', 1789999980, 'sign_in_throttled', 'ad4287271bc7b67b6e678d8a81eb0d37', NULL, NULL, '198.51.100.9', 'ad21b4fe764378714e4f8e3e14b52516', '{}');
INSERT INTO public.events VALUES ('01a0c4197d80001866231836783e67da', 1789996400, 'signed_in', '9b10269b4944f5b1ace06a499bbcf88a', '3b4919572bac3fc9f8cb68a5a2b0d8e2', NULL, '203.0.113.7', '51cc0f46a09069d33ab0c3fa4fbb6fac', '{}');
INSERT INTO public.events VALUES ('01a0c41a67e0001c1c358f8b32f9001a', 1789996460, 'refresh_ahead', NULL, 'f466535912686c209ae44b87c3610372', NULL, '203.0.113.7', '90fd9a61227396134447fe7aa05f097d', '{"generation":1}');
INSERT INTO public.events VALUES ('01a0c44d37b00001c1afbbee680d7b3b', 1789999790, 'signed_in', '49500a7055f75531c85bf31049abcffe', '8f56ea7f003efe78c7ff309acb4931f4', NULL, '203.0.113.7', '5720c08dd006f751bd23142371489d91', '{}');
INSERT INTO public.events VALUES ('01a0c44d37b0000261baadaaca9ee0bd', 1789999790, 'signed_in', 'ab480f2f87c25ed65bed24694d268448', '23093db7240ea6f020359a8b7c6c7604', NULL, '203.0.113.7', 'd279b20228a998e6129eb4a5ed27d366', '{}');
INSERT INTO public.events VALUES ('01a0c44e22100003c2860bb60a033215', 1789999850, 'password_changed', 'ab480f2f87c25ed65bed24694d268448', NULL, NULL, NULL, NULL, '{}');
INSERT INTO public.events VALUES ('01a0c44fa8b0000181a63bfedc08e116', 1789999950, 'signed_out', '4711', 'f404f644ee88f5e04c30d37f454abbbb', NULL, '203.0.113.7', '67a0cbba6f43eabd56bea7e9ad3e7681', '{}');
INSERT INTO public.keys VALUES ('Jz5X50sKnN_6CMVS1y7EdGfEOWbgIMHpWLZj4QMrGcY', 'ES256', 'retiring', '{"crv":"P-256","kty":"EC","x":"DhbAMC_UY4lal9UASPzNOMhTvNJDLRWoh2lOJY0GkSM","y":"aJ41SlCR2xrWUAUjyxu2rlPXBpDm5xS76CLkxpBaR9E","alg":"ES256","use":"sig"}', 'v1.7x8CJEtHW9YxDjtz.ywA4EY_aoeIOdlsOPrfM11KX7OwBzG42h_G4RxTCTbb-ZpMlBiyOu6QxVw5x8VrVLJWXdkvTXn8d1mIEOzBECgboNqkmRiz4_ZDLlWS2XjwqzrxAHaYJYd2roluTy6eemgrpZw_VQCpry78kokMCKK45CWiFeYOvViKbD8E8F_Qg5jvCX-H4YLxrRgxETOfHJvpxtSEnBJlssmlZJjIFEJmY0hQZP-gxaW0g-SS_gP7R8kfTY6bx7jzlHkkbGHXbKxcZhgeYW4ounh-qb7yk-s23kUwKv9W9vB_Gszq6sdMnaAcqwEmfmGcSEEpVOaL_UyAlWLnHDgEm-JqPBtA8nDo', 1781360000, 86400, 1788358420);
INSERT INTO public.keys VALUES ('PZEwR0_4JLapPYT6NKRUaUowXglExXwy9H99Ctuw9PQ', 'ES256', 'retiring', '{"crv":"P-256","kty":"EC","x":"2JtV--KNrzZcbGlGuiFR7iYQMdVzXoLhyDFExCKBgCY","y":"w5Uhz70HPUHXhac2I1SzbVKtjJx1aK_oJbIQgCA0hZY","alg":"ES256","use":"sig"}', 'v1.nWFA0RVlrpzibcF8.gnt1lmY50vYsEvevhhCuQuQUQBijs0XNFjYIr8jUHQQ2AZ8K8FAcsR9ZU1Q6U3AZaqpEHdrLL8jFj6k-JDjQz4Vs1FwxQDGBteQGKK9eU8iSN6MJwHcD2ew9ogJXCI9QnI-jW31a4bhrCtz6C_56Pl5B245R5hn1Jui34z6_tNhT3Ey0x__-HJFULeFNop_aTr9gR7rLjkAy-uTxwjO4ZHjfkWlxI9WK4DwRejm9Kudi_AdDU3T9CgyIlsgFV5A3L6F6nVHW1WZP0gydJryUg_DNKJTRUYuLAcvxYAdQo_0ag9XdJEZoEj2W5HWFRUquvTxtBc97kGQ-QT3EDrd6AIU', 1781360000, 86400, 1790050420);
INSERT INTO public.keys VALUES ('FtX7iIXa3XBx2XJMOgTBSrS3rRlEXgX78tkSwj61WCc', 'ES256', 'current', '{"crv":"P-256","kty":"EC","x":"KxDKQoQi1-ZHNDawmDkesx5lWHwSfDAEBoZE61AhquA","y":"D5izYI6sTGSWFt51_txBg2zw1NcqUxpgzvDUEk65DkQ","alg":"ES256","use":"sig"}', 'v1.XxjM6QkCxAtBdCUC.7w7MebBgSNgNn4Z6i_XAqYNI7xqR1z3HUZ4mx7E51V-7lzDZ0flI14iCHRcxd2IGBYMV_qL_SMjxpdl_tELobmH7289Qha8a3Qd_q0zWoog8V4e1anmtO_fkS5u_VdF4yfa-3CNAfnrtHkgwxkH4FpAkl43K41KMuoSQfN52QJa0gQw-a_aBhIew8bwG8vMC81w_Pmv36pk6yQyqFZNtgRROleJni7uao_uZfq0o6awmatnxasROfNgOqBCYA8nQKa-dStX-vjWtrSorbeM5GrblpcQqoQamQKDR_YCpLSTitYJJ0kUMhj-XuQgWcv0TG3XPE7Wz70BSV34zAz1H0Ok', 1788272000, 86400, NULL);
INSERT INTO public.keys VALUES ('-YwXQzD9iwHDv3BqBPWW9m94JE4GunCAhynmCgfrgl0', 'ES256', 'next', '{"crv":"P-256","kty":"EC","x":"MkZg0KsyhC5-J4o-CmCc_kuzAI9BeBP01xesJrG6ZMo","y":"PMeu1wKBVS0tztGqRDtZ2jHMRGBLZu_tjqJFqRpx6HA","alg":"ES256","use":"sig"}', 'v1.dQx2ZXyqy7sYEhZE.1l6CNP6dMe_kAoSihgHohHbwaFRo2RhLJKazLnYNkNbNw_qjASQz_2LUc31U3XulpfYyWh4Lvr94BVnWuopjSSUkQmK5OydBFuaZI8BcBHWhPEZAh-AolVYSBLHUnbGy2AyS2ZOuGTdUj8umIj0b-jD2XzGe2iwlDDZt9fyYPdiGTpV5N3G49mjo40CjNSOv3gw9eX-o0xa5hskUN1yhUPvPZ3CKfRGkf2IEJQ64cUP3_YQj8XbG-MYI8__mjQsXwVhtBYybObNzsD9CY1CD9Pa6J49bEmDDbddv2OW-wDUfYpZ9dSUT3G5PC5H5wL6tCHDOIsHSAExa3-sS3kLcy6o', 1789964000, 86400, NULL);
INSERT INTO public.sessions VALUES ('5eb1a258e6d47683a3f2381373f063e2', '9b10269b4944f5b1ace06a499bbcf88a', 0, '8b21fc5f0baeac67c108c9ebf31ebf4f', NULL, NULL, 1786630400, 1789222400, 1786716800, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('9c43971c55bb89ded256c1018735a7df', 'bdb28b85ec435d7e6acffb4432ffe338', 1, '2830765c8dcc4f3df2fb362b9ff402c4', 'c3c16d4190411c7c622afa85b2674bdf', 1789996400, 1789992800, 1792584800, 1790082800, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('f466535912686c209ae44b87c3610372', '7ef0188371f162440e1f36a6569c84d1', 0, 'c0e25112acd21984cb6a3b4a3b30939a', NULL, NULL, 1789989200, 1792581200, 1790079200, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('21d6db4c52f4d87c358abf60d67dbe2e', '9b10269b4944f5b1ace06a499bbcf88a', 0, '81ba6278835c9a2ae694e6d9bb4df4bf', NULL, NULL, 1789827200, 1792419200, 1789913600, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('3b4919572bac3fc9f8cb68a5a2b0d8e2', '9b10269b4944f5b1ace06a499bbcf88a', 0, 'a6315b18f97449d8dca06be654208a19', NULL, NULL, 1789996400, 1790083100, 1790082800, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('890598fbdd63cf238a3466c5afbd5961', 'bdb28b85ec435d7e6acffb4432ffe338', 0, '890598fbdd63cf238a3466c5afbd59613ceee03f3437cbd898fe55d19f51e39c', NULL, NULL, 1789827200, 1791036800, 1791036800, 0, 1789913600, 'logout');
INSERT INTO public.sessions VALUES ('7459e46bdd803b30ed137fd366c5f958', '9b10269b4944f5b1ace06a499bbcf88a', 0, 'c15478a315f71e0545f591aee7fc28cb', NULL, NULL, 1789928000, 1792520000, 1790014400, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('d086146df1146dc278c3aaa9c7fea552', 'bdb28b85ec435d7e6acffb4432ffe338', 0, 'd086146df1146dc278c3aaa9c7fea5525896deb5c48f74c1322a283561d9af85', NULL, NULL, 1788272000, 1789481600, 1789481600, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('88ef4be812b9be80fecf3926e9c16594', 'c5bb73f4974594af8d6005c1e10886d5', 0, '88ef4be812b9be80fecf3926e9c16594c4dc9fff01110df07aec083b9c341928', NULL, NULL, 1789913600, 1791123200, 1791123200, 0, 1789956800, 'password');
INSERT INTO public.sessions VALUES ('bf7e608be293f55fabe5633b624b5442', 'c5bb73f4974594af8d6005c1e10886d5', 0, 'dcf47c9458ede7950e8714d81b7a986a', NULL, NULL, 1789953200, 1792545200, 1790039600, 0, 1789956800, 'password');
INSERT INTO public.sessions VALUES ('358566b8c56595ac7e8eb77ffc5de53a', 'bdb28b85ec435d7e6acffb4432ffe338', 31, '6792012a645b57c24043f88e4b87e4e1', 'e5537c322557ebad5f1a8d61e2fe7aab', 1789974200, 1787407400, 1789999400, 1789999400, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('1966485988bf8885bccc687046e3ad18', 'c5bb73f4974594af8d6005c1e10886d5', 0, '06242e86f40dbcb1d7f68fb51c189eeb', NULL, NULL, 1789999840, 1792591840, 1790086240, 1, 1789999850, 'password');
INSERT INTO public.sessions VALUES ('d29ea4a19e9b055e6d7e5f88ae15b8d7', 'ee536f2ff8692cfd2d10e6ed896f813b', 0, '7ecfbe971235f2717aaf2ca083bacf1d', NULL, NULL, 1789999800, 1792591800, 1790086200, 0, 1789999850, 'inactive');
INSERT INTO public.sessions VALUES ('37e28d1aefcc90413483eef5df4bb1f7', 'bdb28b85ec435d7e6acffb4432ffe338', 0, '37e28d1aefcc90413483eef5df4bb1f71991950de983ba5bb5269ad4c9cb1e7c', NULL, NULL, 1788790340, 1789999940, 1789999940, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('6f3549ec15b5a2318ed6c7a1d17fe275', 'bdb28b85ec435d7e6acffb4432ffe338', 0, '6f3549ec15b5a2318ed6c7a1d17fe275879cf087febe603bf84016dd25f7c2e1', NULL, NULL, 1788876800, 1790086400, 1790086400, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('8f56ea7f003efe78c7ff309acb4931f4', '49500a7055f75531c85bf31049abcffe', 0, '9af4402dd0370ef654f233c98f2d8f1b', NULL, NULL, 1789999790, 1792591790, 1790086190, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('4cbb4bfa9f4aef16be531358ed73e8c7', '90cc35d4dff80d1df7101a5d95140ea1', 0, '2cab5832844ff29c65480f37bea76139', NULL, NULL, 1789999800, 1792591800, 1790086200, 0, 1789999850, 'deleted');
INSERT INTO public.sessions VALUES ('23093db7240ea6f020359a8b7c6c7604', 'ab480f2f87c25ed65bed24694d268448', 0, '50a059e3ff175be9195efa80b9a79590', NULL, NULL, 1789999790, 1792591790, 1790086190, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('9b12f952da03c75fa5dd0552d1697a2b', 'c5bb73f4974594af8d6005c1e10886d5', 0, '14f483ad7db8a59d2e8cf71581662164', NULL, NULL, 1789999860, 1792591860, 1790086260, 2, NULL, NULL);
INSERT INTO public.sessions VALUES ('037cda42d2753880260f9f8a3279ccd7', '9b10269b4944f5b1ace06a499bbcf88a', 4, '512d6d112d97050a5df32aade4749302', '09ed23ffcc6335c786d6b2a0a03f3cb8', 1789996400, 1789982000, 1792574000, 1790082800, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('b8498842224e5dced026299e09504013', 'bdb28b85ec435d7e6acffb4432ffe338', 2, 'ca693131aa0a2f68095e50c487322686', '0298cf618d524cbbf88711cac90a4e42', 1789999750, 1789989200, 1792581200, 1790086150, 0, 1789999800, 'reuse');
INSERT INTO public.sessions VALUES ('172263532088995c9fd752b7686220f1', '8a50a4b6d4b7f36f5e5589d32ca67fd4', 0, '8b25eabc318a862a26281717f8dfc536', NULL, NULL, 1789999800, 1792591800, 1790086200, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('d9b35d534985c101d2f8dd5b112c0fc7', '9b10269b4944f5b1ace06a499bbcf88a', 1, 'c8e480bb11563a0d6bf29dfd70db296b', '8ae06f8f8d33f61fd4c09fe6885bccb2', 1789999780, 1789992800, 1792584800, 1790086180, 0, 1789999820, 'admin');
INSERT INTO public.sessions VALUES ('b558dd756b46c5a9c0e8d05ec88d8201', '8a50a4b6d4b7f36f5e5589d32ca67fd4', 0, '0313f5622d052af75ac5acb4c018e425', NULL, NULL, 1789996400, 1792588400, 1790082800, 0, 1789999850, 'admin');
INSERT INTO public.sessions VALUES ('5b41c07ccc3688be00b2ac4f5c8f4538', '8a50a4b6d4b7f36f5e5589d32ca67fd4', 0, 'fd59931758f6de6272d6e3cf58cf62ec', NULL, NULL, 1789992800, 1792584800, 1790079200, 0, 1789999850, 'admin');
INSERT INTO public.sessions VALUES ('0915240efd3d0ba0138a88addf29539f', '9b10269b4944f5b1ace06a499bbcf88a', 0, 'b53b7ce8e4138083f79f6d8b72d819a9', NULL, NULL, 1789999880, 1790086580, 1790086280, 0, 1789999900, 'logout');
INSERT INTO public.sessions VALUES ('08faf8a64b6522030dafc32772ad741f', 'bdb28b85ec435d7e6acffb4432ffe338', 0, '8f30e82537100c3dd5ac6b7a591af000', NULL, NULL, 1789999900, 1792591900, 1790086300, 0, 1789999950, 'logout');
INSERT INTO public.sessions VALUES ('0dc8cf28473e4aaf49d5eedcab55524c', 'bdb28b85ec435d7e6acffb4432ffe338', 2, '06be1ad4ceec6afcfc6c2a7f4b45249b', '665c81fcf3a5e5b5cb2022c4d2e5258b', 1789999955, 1789989200, 1792581200, 1790086355, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('2415ed5be085e3903b285339d3d57335', '9b10269b4944f5b1ace06a499bbcf88a', 1, '8e05db490ad9e7a0a92e6563ca57e3e7', 'a0000000000000000000000000000002', 1789999900, 1789999900, 1790086400, 1790086300, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('f45b4084e3d8d15befed0e325dcc3600', '9b10269b4944f5b1ace06a499bbcf88a', 1, 'b63315d7ee52d9e5f13ee63f071b3bd1', 'a0000000000000000000000000000003', 1789999900, 1789999900, 1790086400, 1790086300, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('f404f644ee88f5e04c30d37f454abbbb', NULL, 0, 'a0000000000000000000000000000004', NULL, NULL, 1789999950, 1790086400, 1790086400, 0, 1789999950, 'logout');
INSERT INTO public.sessions VALUES ('b2e0e5b34e7688ad9feb5f987ef9a54c', '9b10269b4944f5b1ace06a499bbcf88a', 0, '16ff3ca59a87b2ffe2f53324a263db92', NULL, NULL, 1789999940, 1792591940, 1790086340, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('cf550f7c03fec8555c4006f901e5f9a5', '9b10269b4944f5b1ace06a499bbcf88a', 0, 'e7fcd4c7fce24681fc691b7039921a49', NULL, NULL, 1789999940, 1790086640, 1790086340, 0, NULL, NULL);
INSERT INTO public.sessions VALUES ('0fb1f386cb2cf1f5cc8942108adf9f85', 'bdb28b85ec435d7e6acffb4432ffe338', 1, '18ac1584fe84f7bbf78b2e5d525701e6', '8343e3a1d4bee4649838fde7e45feccf', 1789999995, 1789999960, 1792591960, 1790086395, 0, NULL, NULL);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 0, 1789999970);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 0, 1789999970);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 0, 1789999970);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 0, 1789999970);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 1, 1789999971);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 1, 1789999971);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 1, 1789999971);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 1, 1789999971);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 2, 1789999972);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 2, 1789999972);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 2, 1789999972);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 2, 1789999972);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 3, 1789999973);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 3, 1789999973);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 3, 1789999973);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 3, 1789999973);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 4, 1789999974);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 4, 1789999974);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 4, 1789999974);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 4, 1789999974);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 5, 1789999975);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 5, 1789999975);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 5, 1789999975);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 5, 1789999975);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 6, 1789999976);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 6, 1789999976);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 6, 1789999976);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 6, 1789999976);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 7, 1789999977);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 7, 1789999977);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 7, 1789999977);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 7, 1789999977);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 8, 1789999978);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 8, 1789999978);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 8, 1789999978);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 8, 1789999978);
INSERT INTO public.throttle_hits VALUES ('throttle_login_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 9, 1789999979);
INSERT INTO public.throttle_hits VALUES ('throttle_login_longer_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4_198.51.100.9', 9, 1789999979);
INSERT INTO public.throttle_hits VALUES ('throttle_login_address_198.51.100.9', 9, 1789999979);
INSERT INTO public.throttle_hits VALUES ('throttle_login_account_uXYwqGeS8qw2KF47ElzxYkgTchr74QSMYiOFEz1px_4', 9, 1789999979);
INSERT INTO public.tokens VALUES ('865aba95278519d53e3f4da0dd03653a', '9b10269b4944f5b1ace06a499bbcf88a', '10af3eb9775d38a6e6d65eb4fd04bca2df48357eedc95d63b8a030ca5d133078', 'ww_tlZV97ka', NULL, '[]', NULL, 1787408000, NULL);
INSERT INTO public.tokens VALUES ('15b5485587fdd3bc59b7b99029394a7d', '9b10269b4944f5b1ace06a499bbcf88a', '72b429d14e17ab3a547c7be148f9fa5e4be6746410205019cafd5597382a6bd0', 'fb81f500', NULL, '[]', '29736466de088c6038541046f87d3a2b', 1788272000, NULL);
INSERT INTO public.tokens VALUES ('3f2a117e70b388ff0ed38e5c0cc3585d', '9b10269b4944f5b1ace06a499bbcf88a', '186517f66cf4857f170af9a9d2f9f1cfb9c56432ea29250e07dfb2044e9ffab8', 'acme_yxaRqa3h', 'Deploy Żółć', '["notes:read","notes:write"]', NULL, 1789740800, 1792332800);
INSERT INTO public.tokens VALUES ('6236074a2f0a61e82576e6ee5aa7cde2', '9b10269b4944f5b1ace06a499bbcf88a', '43bfaf83d19a9cdd1a44fd2437d55c2b8e41b7d99f046b6001307ad88f2d5b34', 'ww_Qb6-jkp_', NULL, '[]', NULL, 1789740800, 1789744400);
INSERT INTO public.tokens VALUES ('07d447975c921ea36840190b0e61d218', '8a50a4b6d4b7f36f5e5589d32ca67fd4', '8c30323e5e2de41e547f9723d7512baa962d7044cf00af1ea5eac41b5a6d5861', '0ea71d8d', NULL, '[]', '5249b46fe6f4cb848db69b2476cc9daa', 1789827200, NULL);
INSERT INTO public.tokens VALUES ('de65f9ed6ca1a4008cafeca9c895a2a1', 'ee536f2ff8692cfd2d10e6ed896f813b', '0ec26ae1c7282fb77210a02ea4a835f83b975a9b70c0506bd411306dd876bc49', 'ww_Pzhlna2O', NULL, '[]', NULL, 1789913600, NULL);
INSERT INTO public.tokens VALUES ('b59bed6edf5cd44c0a6ecd3945eded94', 'bdb28b85ec435d7e6acffb4432ffe338', '462255ecc10c6b30ff45fd246df895fb06fe86ef24f9b40c4cb1ceae7a1559a7', 'cbc9a2cf', NULL, '[]', 'c5b6b2f1ad992ec83dbf7d655c43e45a', 1789913600, NULL);
INSERT INTO public.users VALUES ('08c26210722458e108fc80e09ab65a0f', 'Żółć', 'żółć', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$OHrq4zidAZePFWbHuqjtIw$t1aaQhcFqRn0DZKNmhppQVq2YIs57LeMKGgIYKbemgY', 1, 0, 0, '[]', 0, 1786544000, NULL, '{"name":"Żółć 🦊"}');
INSERT INTO public.users VALUES ('49500a7055f75531c85bf31049abcffe', 'claim', 'claim', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$1AP3fmX0qKSbLpS6JoJJLg$H73zSxIudb0mByc8eUqwk3lD6u+Ap75Xi+claoOTw7Y', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('ad4287271bc7b67b6e678d8a81eb0d37', 'throttled', 'throttled', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$Eo9zJkyhXUNDDk9PNZ/Eog$XR32FvqnzDn//+tbXYLHYmkTDVFYv8DmmXZWDJS9G4U', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('52b2522b7f79f9f5b7ac6d8e6a852660', 'inactive', 'inactive', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$WRpxnSPJdbPN6aeCYA3HJA$37m13urdHhJ53s+d6dyNKgqtSbkRqBB0Ck+xWgX+gQM', 0, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('b697d83aa73a556298cfd627bbbacf0a', 'no-password', 'no-password', NULL, '!2419037f3c80293528398f8089fc6e0c184936ef', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('d0eb33ddcefd0f21e3ca49440f3e9009', 'no-password-django', 'no-password-django', NULL, '!4IHtcVBLMrvRhb3PTNPk1yhCzEXBq8UtIZYoyTqW', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('7431baa0a363df997453a42ea5d83726', 'unreadable-md5', 'unreadable-md5', NULL, 'md5$seasalt$f5531bef9f3687d0ccf0f617f0e25573', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('484a9213621a139533c07c9f1f0f9e49', 'pbkdf2-sha256', 'pbkdf2-sha256', NULL, 'pbkdf2_sha256$1000$IteLe8HRArEb40Qz3HrvNo$KFERj0dItwdEoIzZlc2tXIx3erAPBSHi6frEvw42Pbw=', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('ad8b6b95be076fe449279829dfc08db9', 'pbkdf2-sha256-own-cost', 'pbkdf2-sha256-own-cost', NULL, 'pbkdf2_sha256$600000$kDFs6cDOtBSyS3djq6sKi7$oxNbX0iy+fEd2s4nyLIfzdv2c4j7UXMPvGDlTcVJJOk=', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('fae0eb054f2956ca039235332cfe569d', 'pbkdf2-sha1', 'pbkdf2-sha1', NULL, 'pbkdf2_sha1$1000$Podr8Jj67ZlN96yFMs3ipM$YZEO1i+PUjaohQeMQiJ8b6BonkE=', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('024010baa1035aab8c6ff60c301be6bd', 'scrypt', 'scrypt', NULL, 'scrypt$16$SorksZ7e3FA8yxJWeA1Rou$8$1$sGRO9/AnM+XnXPoNOMI3+eu3c34gi0BzAoTJ5ITYw/Z7AC1wsy7kinY/CAZsUOqKEggGC7GIantLP+Unpyc4lg==', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('8a5c578e7595556d86c19ff6432c1228', 'scrypt-own-cost', 'scrypt-own-cost', NULL, 'scrypt$16384$iCZAyds6xoxn3u1q3NPBAt$8$1$a13H1G/PGNMNUeqp1gG3APkPnNP333pkjD/A2wMhKZA34HWMcDFD3v3DL44jwx+47qabBpLV+wBHBWQpUJcQ2g==', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('75646625f3f994d22c5810e83b9eff66', 'argon2id-django', 'argon2id-django', NULL, 'argon2$argon2id$v=19$m=512,t=2,p=2$QlVUMkY4WG5UTjM4OVk3UGlla0FXSA$DXzl25aHGcn+SOx8rNmLRQ', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('a3739099006aa85304ee9547627a4c4c', 'argon2id-own-cost', 'argon2id-own-cost', NULL, 'argon2$argon2id$v=19$m=102400,t=2,p=8$UGFUN09NcUx4a29SQjJDbXhVVk9Cdw$jTFPvum/nxpSuOibsGg4jw', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('916324821f3b25cd4add43b2c16897ce', 'argon2i', 'argon2i', NULL, 'argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQ$0bBK1b2XQO5hG1AkiBo+hg', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('bdb05799455560df49d96f518bcd848b', 'argon2d', 'argon2d', NULL, 'argon2$argon2d$v=19$m=512,t=2,p=2$c29tZXNhbHQ$hy0/dlYDJXZ0Q/tUQ6HVOg', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('162cf6b056ba915d5d2661d9123e36c2', 'bcrypt-2b', 'bcrypt-2b', NULL, 'bcrypt$$2b$04$VpBy4VBnOUNOK5lj2qDiU.HjCVkpvBaGOzmj3071BN2pUXZxIn5ZW', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('e3b1c42cbaf959251a9e5e902895fd32', 'bcrypt-2b-own-cost', 'bcrypt-2b-own-cost', NULL, 'bcrypt$$2b$12$.5UVA.vRRnqUMsvpllqT8uzfNrr8XV2kNVBdvWdUHHEdZV7banyg.', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('12baaa01c407cdfe96715c4979b9dc95', 'bcrypt-2a', 'bcrypt-2a', NULL, 'bcrypt$$2a$04$VpBy4VBnOUNOK5lj2qDiU.HjCVkpvBaGOzmj3071BN2pUXZxIn5ZW', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('66f11533c22c38623862911e6fa1d660', 'bcrypt-2y', 'bcrypt-2y', NULL, 'bcrypt$$2y$04$9duqLobhLCbj14n0by8bouSE82yuPe3y5z4bPu/jrIPfYpqT.0zjO', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('ceae1b805af7c1b14483e306e74b2345', 'bcrypt-sha256', 'bcrypt-sha256', NULL, 'bcrypt_sha256$$2b$04$.BUxuc6qJLEqpd871jt5nudDZLK3HzgxAblJO.ToVz.3YRbL2gofa', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('cd170bd2b8f4edc43be8166e997805ef', 'bcrypt-sha256-own-cost', 'bcrypt-sha256-own-cost', NULL, 'bcrypt_sha256$$2b$12$tAsAFTrGQS50OJCnY83UneoAoOq19cr5SWaxYZtmDdXg.dQbrL4EO', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('20079f047af31af2fb6055b2309f9450', 'other-letters', 'other-letters', NULL, 'pbkdf2_sha256$1000$29EQLduYZ9oPPRUwImqWwE$VsW+qrIvUQjDcG+fsgfMzpfHjU31Iu/vLAF/IdP/U64=', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('924724a70f9acb1d48f4b0381dec97d8', 'decomposed', 'decomposed', NULL, 'scrypt$16$Qe8bl8JibBuARYfsctHCCm$8$1$sRNGpxIlxyPJ20FZsMV9NbNSpTEWID6opDSmbqBUZmfsq8yoPaxgwRD0yfDFy4kaIvF/9R6YmJdo+pnAYpttCg==', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('3ca01789238fc2444489a814263e873c', 'blanks', 'blanks', NULL, 'argon2$argon2id$v=19$m=512,t=2,p=2$ODYxaGFpdkRMZE9XMDRUMDF4RDk2VA$TQi8UfOkgzLoVUftcQU22w', 1, 0, 0, '[]', 0, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('8a50a4b6d4b7f36f5e5589d32ca67fd4', 'everywhere', 'everywhere', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$dik2YnjB/jOzI0jGsgvhdA$gHbV9ZIyKmuIJxSbMuz55DiigLn/KOJIvKRWnwoCJi8', 1, 0, 0, '[]', 0, 1786544000, 1789999800, '{}');
INSERT INTO public.users VALUES ('9b10269b4944f5b1ace06a499bbcf88a', 'vitor', 'vitor', 'vitor@example.com', 'argon2$argon2id$v=19$m=19456,t=2,p=1$uoXGtx3eQDpqAL0SsQlfHA$tkB9dnOACfZsdzBD+BJ/yRApHzX7g3xX781ZOTB6n6I', 1, 1, 1, '[]', 0, 1781360000, 1789999940, '{"team":"blue","floors":[1,2],"since":null}');
INSERT INTO public.users VALUES ('7ef0188371f162440e1f36a6569c84d1', 'restored', 'restored', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$L1DqDCnyX4+iQcU4A7ZpLg$S0o1kBkKYjjQh5Zgc5ZRxwAFtMYTrk950ZoTq+WGSZk', 1, 0, 0, '[]', 0, 1786544000, 1789989200, '{}');
INSERT INTO public.users VALUES ('bdb28b85ec435d7e6acffb4432ffe338', 'ada', 'ada', 'Ada.Byron@example.com', 'argon2$argon2id$v=19$m=19456,t=2,p=1$UBFQg+2x5Ie5NlESVnDA9w$+KOxZK2z5ZhOtRBaLoCvxQ/cQjp5i6+e9KR/r40CGGA', 1, 0, 0, '["editor","viewer"]', 0, 1786544000, 1789999960, '{}');
INSERT INTO public.users VALUES ('ab480f2f87c25ed65bed24694d268448', 'claim-changed', 'claim-changed', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$5qzMYrHfcXvHvJM66VBW4Q$z5QcQIRkTavBaZfsguqnyJ/MvkrH1fgywlAZZl4bY6k', 1, 0, 0, '[]', 1, 1786544000, NULL, '{}');
INSERT INTO public.users VALUES ('c5bb73f4974594af8d6005c1e10886d5', 'changed', 'changed', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$FhjB4wueCmnAWe52B0L3Tg$vF8lZFE6E1j3fzE0ek9k6jpqo92n3bBqjCaYJl6vD3Q', 1, 0, 0, '[]', 2, 1786544000, 1789999860, '{}');
INSERT INTO public.users VALUES ('ee536f2ff8692cfd2d10e6ed896f813b', 'deactivated', 'deactivated', NULL, 'argon2$argon2id$v=19$m=19456,t=2,p=1$Vm2Fe2OyIHKvUw1hi7NUsg$WDb7cj/7KRy8jnP9Y90w1lX1mAivaCcx+t5CrvsiMGY', 0, 0, 0, '[]', 0, 1786544000, 1789999800, '{}');
INSERT INTO public.watchword_migrations VALUES (1, 'users, sessions, keys, tokens');
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.throttle_hits
    ADD CONSTRAINT throttle_hits_by_place PRIMARY KEY (key, slot);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_username_key UNIQUE (username);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_username_key_key UNIQUE (username_key);
ALTER TABLE ONLY public.watchword_migrations
    ADD CONSTRAINT watchword_migrations_pkey PRIMARY KEY (number);
CREATE INDEX events_by_time ON public.events USING btree (at, id);
CREATE INDEX events_by_user ON public.events USING btree (user_id, at);
CREATE UNIQUE INDEX keys_by_stage ON public.keys USING btree (stage) WHERE (stage <> 'retiring'::text);
CREATE INDEX sessions_by_end ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id);
CREATE INDEX sessions_ended ON public.sessions USING btree (ended_at, id) WHERE (ended_at IS NOT NULL);
CREATE INDEX throttle_hits_by_age ON public.throttle_hits USING btree (key, at);
CREATE INDEX throttle_hits_by_time ON public.throttle_hits USING btree (at);
CREATE INDEX tokens_by_user ON public.tokens USING btree (user_id);
CREATE UNIQUE INDEX tokens_derived ON public.tokens USING btree (user_id) WHERE (nonce IS NOT NULL);
CREATE TRIGGER watchword_keys_changed AFTER INSERT OR DELETE OR UPDATE ON public.keys FOR EACH ROW EXECUTE FUNCTION public.watchword_tell('keys');
CREATE TRIGGER watchword_session_ended AFTER UPDATE OF ended_at ON public.sessions FOR EACH ROW WHEN (((new.ended_at IS NOT NULL) AND (old.ended_at IS NULL))) EXECUTE FUNCTION public.watchword_tell('ended');
CREATE TRIGGER watchword_user_changed AFTER UPDATE ON public.users FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION public.watchword_tell('user');
CREATE TRIGGER watchword_user_deleted AFTER DELETE ON public.users FOR EACH ROW EXECUTE FUNCTION public.watchword_tell('user');
